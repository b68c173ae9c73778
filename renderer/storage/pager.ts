/** Which part of a node's log is looked at: a page of one of its segments, or the end as it grows. */
import type { NodeStorage } from "../../shared/contract/storage.ts";
import { isTable, usedBytes } from "./geometry.ts";
import {
  type Extent,
  type FetchRecords,
  justBefore,
  type Page,
  pageAfter,
  pageBefore,
  withNewer,
} from "./pages.ts";

export interface Shown {
  readonly file: string | null;
  readonly page: Page;
  /** It stays at the end while the log grows. */
  readonly follows: boolean;
  /** Why the records could not be read. */
  readonly error: string | null;
}

const nothing: Page = { records: [], isFirst: true, isLast: true };
export const firstShown: Shown = { file: null, page: nothing, follows: true, error: null };

type Segment = NodeStorage["log"]["segments"][number];

/** Only the newest wish counts: what arrives for an older one is dropped. */
export class RecordPager {
  #shown = firstShown;
  #view: NodeStorage | null = null;
  /** The view that what is shown was asked for by. */
  #seen: NodeStorage | null = null;
  #wish = 0;
  #isBusy = false;
  readonly #fetchFrom: (file: string) => FetchRecords;
  readonly #changed: (shown: Shown) => void;

  constructor(fetchFrom: (file: string) => FetchRecords, changed: (shown: Shown) => void) {
    this.#fetchFrom = fetchFrom;
    this.#changed = changed;
  }

  /** What the node tells of its storage now. While an answer is awaited nothing more is asked for. */
  async look(view: NodeStorage): Promise<void> {
    this.#view = view;
    if (this.#isBusy) return undefined;
    const before = this.#seen;
    this.#seen = view;
    if (before === null || this.#shown.file === null || !this.#isThere(this.#shown.file)) return this.toEnd();
    if (!isSameFiles(before, view)) return this.reload();
    if (!this.#shown.follows || isSameLength(before, view)) return undefined;
    if (this.#segments.at(-1)?.file !== this.#shown.file) return this.toEnd();
    return this.#show(this.#shown.file, true, (fetch) => withNewer(fetch, this.#shown.page));
  }

  async toEnd(): Promise<void> {
    const segment = this.#segments.at(-1);
    if (segment === undefined) this.#set(firstShown);
    else await this.#show(segment.file, true, (fetch) => pageBefore(fetch, null, this.#extentOf(segment)));
  }

  async toStart(): Promise<void> {
    const [segment] = this.#segments;
    if (segment !== undefined) await this.#show(segment.file, false, (fetch) => pageAfter(fetch, null));
  }

  /** From a place of the log on, or from a position in a table. */
  async at(file: string, offset: number): Promise<void> {
    const before = { offset: offset - 1, ordinal: Number.MAX_SAFE_INTEGER };
    const segment = this.#segments.find((candidate) => candidate.file === file);
    if (segment === undefined) return;
    await this.#show(file, false, async (fetch) => {
      const page = await pageAfter(fetch, before);
      return page.records.length > 0 ? page : pageBefore(fetch, null, this.#extentOf(segment));
    });
  }

  async older(): Promise<void> {
    const { file, page } = this.#shown;
    const [head] = page.records;
    const index = this.#segments.findIndex((segment) => segment.file === file);
    const [before, segment] = [this.#segments[index - 1], this.#segments[index]];
    if (segment !== undefined && head !== undefined && !page.isFirst)
      await this.#show(segment.file, false, (fetch) => pageBefore(fetch, head, this.#extentOf(segment)));
    else if (before !== undefined)
      await this.#show(before.file, false, (fetch) => pageBefore(fetch, null, this.#extentOf(before)));
  }

  async newer(): Promise<void> {
    const { file, page } = this.#shown;
    const index = this.#segments.findIndex((segment) => segment.file === file);
    const after = this.#segments[index + 1];
    const last = page.records.at(-1);
    if (file !== null && last !== undefined && !isAtEnd(this.#shown, this.#view))
      await this.#show(file, false, async (fetch) => {
        const next = await pageAfter(fetch, last);
        return next.records.length > 0 ? next : { ...page, isLast: true };
      });
    else if (after !== undefined) await this.#show(after.file, false, (fetch) => pageAfter(fetch, null));
  }

  /** The same page as it lies there now. */
  async reload(): Promise<void> {
    const { file, page, follows } = this.#shown;
    const [head] = page.records;
    if (follows || file === null || head === undefined) await this.toEnd();
    else await this.#show(file, false, (fetch) => pageAfter(fetch, page.isFirst ? null : justBefore(head)));
  }

  /** What is looked at stays where it is. */
  stay(): void {
    if (this.#shown.follows) this.#set({ ...this.#shown, follows: false });
  }

  /** Nothing that is still on its way is wanted any more. */
  end(): void {
    this.#wish += 1;
  }

  get #segments(): readonly Segment[] {
    return this.#view?.log.segments ?? [];
  }

  #isThere(file: string): boolean {
    return this.#segments.some((segment) => segment.file === file);
  }

  #extentOf(segment: Segment): Extent {
    const { first: start, last, bytes, records } = segment;
    const view = this.#view;
    const used = view === null ? bytes : usedBytes(view, segment);
    const [from, end] = view !== null && isTable(view) ? [start, last + 1] : [0, used];
    return { start: from, end, perRecord: (end - from) / Math.max(1, records) };
  }

  async #show(file: string, follows: boolean, read: (fetch: FetchRecords) => Promise<Page>): Promise<void> {
    const wish = ++this.#wish;
    this.#isBusy = true;
    try {
      const page = await read(this.#fetchFrom(file));
      if (wish === this.#wish) this.#set({ file, page, follows, error: null });
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      if (wish === this.#wish) this.#set({ ...this.#shown, error: sentence });
    }
    if (wish !== this.#wish) return;
    this.#isBusy = false;
    if (this.#view !== null && this.#view !== this.#seen) await this.look(this.#view);
  }

  #set(shown: Shown): void {
    this.#shown = shown;
    this.#changed(shown);
  }
}

/** The page may have been the last one of its file when it was read, and the file have grown since. */
function isAtEnd({ page, file }: Shown, view: NodeStorage | null): boolean {
  const segment = view?.log.segments.find((each) => each.file === file);
  return page.isLast && (page.records.at(-1)?.position ?? 0) >= (segment?.last ?? 0);
}

export const hasOlder = ({ page, file }: Shown, { log }: NodeStorage) =>
  !page.isFirst || log.segments[0]?.file !== file;

export const hasNewer = (shown: Shown, view: NodeStorage) =>
  !isAtEnd(shown, view) || view.log.segments.at(-1)?.file !== shown.file;

const isSameFiles = (a: NodeStorage, b: NodeStorage) =>
  a.source === b.source &&
  a.log.first === b.log.first &&
  JSON.stringify(a.log.damage) === JSON.stringify(b.log.damage);

const isSameLength = (a: NodeStorage, b: NodeStorage) =>
  a.log.last === b.log.last && a.log.bytes === b.log.bytes;
