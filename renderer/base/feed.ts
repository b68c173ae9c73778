import type { RecordedEvent } from "../../shared/trace/event.ts";

/** Where the feed delivers. */
export interface FeedSink {
  /** What came so far is of another session: start anew. */
  begin(): void;
  /** In the order of id, each event once. */
  append(events: readonly RecordedEvent[]): void;
  /** How far the pages have come; null when everything there is has been read. */
  progress(progress: { readonly loaded: number; readonly last: number } | null): void;
  failed(error: unknown): void;
}

export type FetchPage = (
  session: string,
  after: number,
) => Promise<{ readonly events: readonly RecordedEvent[]; readonly last: number }>;

interface Reading {
  readonly session: string;
  readonly live: boolean;
  /** Highest id delivered. */
  after: number;
  /** True until the pages have caught up; what is pushed meanwhile waits. */
  behind: boolean;
  fetching: boolean;
  waiting: RecordedEvent[];
}

/**
 * One way for live and recorded sessions: pages until caught up, then, when live, what the lab pushes.
 * Pushes that arrive while pages are being read wait, and ids already delivered are dropped, so nothing is doubled;
 * after a lost connection the pages continue behind the last id, so nothing is missed.
 */
export function createFeed(fetchPage: FetchPage, sink: FeedSink) {
  let reading: Reading | null = null;

  function deliver(target: Reading, events: readonly RecordedEvent[]): void {
    const fresh = events.filter((event) => event.id > target.after);
    if (fresh.length === 0) return;
    target.after = fresh.at(-1)!.id;
    sink.append(fresh);
  }

  async function catchUp(target: Reading): Promise<void> {
    if (target.fetching) return;
    target.fetching = true;
    try {
      for (;;) {
        const page = await fetchPage(target.session, target.after);
        if (target !== reading) return;
        deliver(target, page.events);
        if (page.events.length === 0 || target.after >= page.last) break;
        sink.progress({ loaded: target.after, last: page.last });
      }
      deliver(target, target.waiting);
      target.waiting = [];
      target.behind = false;
      sink.progress(null);
    } catch (error) {
      if (target === reading) sink.failed(error);
    } finally {
      target.fetching = false;
    }
  }

  return {
    /** Reads a session from its beginning. `live`: it is the one being recorded, so pushes follow. */
    open(session: string, live: boolean): Promise<void> {
      reading = { session, live, after: 0, behind: true, fetching: false, waiting: [] };
      sink.begin();
      return catchUp(reading);
    },
    pushed(session: string, events: readonly RecordedEvent[]): void {
      if (reading === null || !reading.live || reading.session !== session) return;
      if (reading.behind) reading.waiting.push(...events);
      else deliver(reading, events);
    },
    disconnected(): void {
      if (reading !== null) reading.behind = true;
    },
    /** Continues behind the last id delivered. */
    async reconnected(): Promise<void> {
      if (reading !== null) await catchUp(reading);
    },
    get session(): string | null {
      return reading?.session ?? null;
    },
    get isBehind(): boolean {
      return reading?.behind ?? false;
    },
  };
}
