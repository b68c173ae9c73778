/** A lab that answers from memory: a LabConnection over a made-up cluster, for tests of the window's own logic. */
import type {
  CommandName,
  CommandResults,
  LabConnection,
  LabEventName,
  LabEvents,
} from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import { type LabState, restingLink, type SessionInfo } from "../../shared/contract/state.ts";
import { storageDefaults } from "../../shared/contract/storage.ts";
import { asNodeId } from "../../shared/ids.ts";
import type { RecordedEvent, TraceEvent } from "../../shared/trace/event.ts";

export const sessionOf = (id: string, changes: Partial<SessionInfo> = {}): SessionInfo => ({
  id,
  name: `session ${id}`,
  path: `/lab/sessions/${id}.lightcone`,
  createdAt: 1_000,
  events: 0,
  bytes: 0,
  recording: true,
  ...changes,
});

export function stateOf(nodeCount: number, session: SessionInfo): LabState {
  const ids = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
  const counts = { sent: 0, blocked: 0, lost: 0, duplicated: 0, delayed: 0, reordered: 0 };
  return {
    version: "0.1.0",
    cluster: { name: "lab", preset: "lab", n: 3, r: 2, w: 2, virtualNodes: 150 },
    nodes: ids.map((id, index) => ({
      id,
      address: `127.0.0.1:${8081 + index}`,
      pid: 4_000 + index,
      life: 1_000,
      status: "running",
      clockStore: "sqlite",
      storage: storageDefaults,
      dataDir: `/lab/${id}`,
      error: null,
    })),
    links: ids.flatMap((from) =>
      ids.filter((to) => to !== from).map((to) => ({ from, to, settings: { ...restingLink }, counts })),
    ),
    partition: null,
    load: { running: true, opsPerSecond: 5, ok: 0, failed: 0 },
    session,
    undo: null,
    studio: { run: null, hunt: null },
  };
}

let seq = 0;
/** One event with what a test cares about. */
export function eventOf(id: number, changes: Partial<TraceEvent> = {}): RecordedEvent {
  seq += 1;
  return {
    id,
    node: asNodeId("node-1"),
    life: 1_000,
    seq,
    at: 1_000 + id,
    type: "local",
    op: "internal",
    name: "tick",
    clock: null,
    ...changes,
  };
}

type Answers = {
  [Name in CommandName]?: (params: never) => CommandResults[Name] | Promise<CommandResults[Name]>;
};

/** Answers `lab.state` and `events.page` by itself; the rest as a test says. */
export function createFakeLab(nodeCount = 3) {
  let state = stateOf(nodeCount, sessionOf("live"));
  const events = new Map<string, RecordedEvent[]>([["live", []]]);
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const stateListeners = new Set<(connected: boolean) => void>();
  const calls: { readonly name: CommandName; readonly params: unknown }[] = [];
  const answers: Answers = {};
  let connected = true;

  const emit = <Name extends LabEventName>(name: Name, payload: LabEvents[Name]) => {
    if (!connected) return;
    for (const listener of listeners.get(name) ?? []) listener(payload as never);
  };

  const connection: LabConnection = {
    async call<Name extends CommandName>(name: Name, params: unknown): Promise<CommandResults[Name]> {
      calls.push({ name, params });
      await Promise.resolve();
      if (!connected)
        throw new LabError("unreachable", "There is no connection to the lab. Wait until it is back.");
      const answer = answers[name] as ((params: unknown) => CommandResults[Name]) | undefined;
      if (answer !== undefined) return answer(params);
      if (name === "lab.state") return state as CommandResults[Name];
      if (name === "events.page") {
        const { session, after, limit } = params as { session: string; after: number; limit: number };
        const all = events.get(session) ?? [];
        const page = all.filter((event) => event.id > after).slice(0, limit);
        return { events: page, last: all.at(-1)?.id ?? 0 } as CommandResults[Name];
      }
      return {} as CommandResults[Name];
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => void set.delete(listener);
    },
    onConnected(listener) {
      stateListeners.add(listener);
      return () => void stateListeners.delete(listener);
    },
    close: () => undefined,
  };

  return {
    connection,
    calls,
    answers,
    get state() {
      return state;
    },
    /** Keeps events without telling anyone: they are there for the next page. */
    record(session: string, more: readonly RecordedEvent[]): void {
      events.set(session, [...(events.get(session) ?? []), ...more]);
    },
    /** Records and tells. */
    push(session: string, more: readonly RecordedEvent[]): void {
      this.record(session, more);
      emit("events", { session, events: [...more] });
    },
    setState(changes: Partial<LabState>): void {
      state = { ...state, ...changes };
      emit("state", state);
    },
    notice(payload: LabEvents["notice"]): void {
      emit("notice", payload);
    },
    setConnected(now: boolean): void {
      connected = now;
      for (const listener of stateListeners) listener(now);
    },
  };
}
