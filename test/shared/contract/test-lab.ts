/** A lab without a cluster: answers each command in one known way, and emits what a test tells it to. */
import type { CommandName, LabEventName, LabEvents } from "../../../shared/contract/contract.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import type { LabService } from "../../../shared/contract/server.ts";

export interface TestLab extends LabService {
  emit<Name extends LabEventName>(name: Name, payload: LabEvents[Name]): void;
  /** Subscriptions alive: a window that is gone must leave none. */
  subscriptions(): number;
  readonly calls: { name: CommandName; params: unknown }[];
  /** Lets the oldest "session.save" be answered. */
  release(): void;
}

type Listener = (payload: never) => void;

export function testLab(): TestLab {
  const listeners = new Map<LabEventName, Set<Listener>>();
  const held: (() => void)[] = [];
  const calls: TestLab["calls"] = [];

  const answers: Partial<Record<CommandName, (params: Record<string, unknown>) => unknown>> = {
    /** Echo. */
    "data.put": (params) => params,
    "node.kill": ({ node }) => {
      throw new LabError("unknown_node", `There is no node "${String(node)}".`);
    },
    "data.get": () => {
      throw new LabError("timed_out", "Too few replicas answered.", false);
    },
    undo: () => {
      throw new TypeError("a mistake of ours");
    },
    /** Never answers. */
    "load.set": () => new Promise(() => {}),
    /** Answers when released, so that a later call overtakes it. */
    "session.save": ({ name }) => new Promise((resolve) => held.push(() => resolve({ name }))),
    /** Emits a notice before its answer. */
    note: ({ text }) => {
      emit("notice", { level: "info", text: String(text) });
      return {};
    },
    "events.page": ({ limit }) => ({
      events: Array.from({ length: Number(limit) }, (_, index) => ({ id: index, name: `event ${index}` })),
      last: limit,
    }),
  };

  function emit<Name extends LabEventName>(name: Name, payload: LabEvents[Name]): void {
    for (const listener of listeners.get(name) ?? []) listener(payload as never);
  }

  return {
    calls,
    emit,
    subscriptions: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
    release: () => held.shift()?.(),
    async dispatch(name, params) {
      calls.push({ name, params });
      const answer = answers[name];
      if (answer === undefined) throw new LabError("bad_input", `The test lab has no answer to ${name}.`);
      return answer(params as Record<string, unknown>);
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => void set.delete(listener);
    },
  };
}
