/**
 * How long it takes to decide whether a history is linearizable. The histories come from a store that is: each
 * operation takes effect at one moment between its invocation and its return, drawn from a seed.
 */
import { checkLinearizable } from "../../shared/checks/linearizability/check.ts";
import { linearizableModels } from "../../shared/checks/models/all.ts";
import type { LinearizableModelName } from "../../shared/checks/models/model.ts";
import type { History, Operation, Verdict } from "../../shared/checks/types.ts";
import type { Json } from "../../shared/trace/event.ts";
import { median, report } from "./report.ts";

const rounds = 21;
const limits = { states: 10_000_000, isTimeUp: () => false };

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Load {
  readonly seed: number;
  readonly operations: number;
  readonly clients: number;
  readonly keys: readonly (string | null)[];
  /** Share of the operations whose answer is lost. */
  readonly lost: number;
  readonly request: (random: () => number, n: number) => readonly [f: string, input: Json];
  readonly act: (state: Json, f: string, input: Json) => readonly [state: Json, answer: Json, isOk: boolean];
  readonly initial: Json;
}

type Draft = { -readonly [Name in keyof Operation]: Operation[Name] };

/** Every client has one operation under way at any time: begun, then done by the store, then answered. */
function simulate(load: Load): History {
  const random = chance(load.seed);
  const states = new Map<string | null, Json>();
  const history: Draft[] = [];
  const clients = Array.from({ length: load.clients }, () => ({
    draft: null as Draft | null,
    isDone: false,
  }));
  let position = 0;
  while (history.length < load.operations || clients.some(({ draft }) => draft !== null)) {
    const index = Math.floor(random() * load.clients);
    const client = clients[index]!;
    const { draft } = client;
    if (draft === null) {
      if (history.length === load.operations) continue;
      const [f, input] = load.request(random, history.length);
      client.draft = {
        id: history.length,
        process: String(index),
        f,
        key: load.keys[Math.floor(random() * load.keys.length)]!,
        input,
        output: null,
        outcome: "ok",
        invoked: position++,
        returned: Number.POSITIVE_INFINITY,
        invokedNs: 0,
        returnedNs: null,
      };
      client.isDone = false;
      history.push(client.draft);
    } else if (!client.isDone) {
      const [state, answer, isOk] = load.act(states.get(draft.key) ?? load.initial, draft.f, draft.input);
      states.set(draft.key, state);
      draft.output = answer;
      if (!isOk) draft.outcome = "fail";
      client.isDone = true;
    } else {
      if (random() < load.lost) {
        draft.outcome = "unknown";
        draft.output = null;
      } else draft.returned = position++;
      client.draft = null;
    }
  }
  return history;
}

/** Puts, appends and gets of strings that grow, as the key-value histories that come with Porcupine. */
const strings = {
  initial: "",
  lost: 0,
  request: (random: () => number, n: number): readonly [string, Json] => {
    const draw = random();
    if (draw < 0.5) return ["get", null];
    return draw < 0.9 ? ["append", `x ${n} y`] : ["put", `x ${n} y`];
  },
  act: (state: Json, f: string, input: Json): readonly [Json, Json, boolean] => {
    if (f === "get") return [state, state, true];
    return [f === "put" ? input : (state as string) + (input as string), null, true];
  },
};

const tenKeys = Array.from({ length: 10 }, (_, index) => String(index));
const manyClients = (seed: number) =>
  simulate({ ...strings, seed, operations: 2000, clients: 50, keys: tenKeys });

/** Near the end of its key, one get answers what an earlier get of that key did: a stale read. */
function withStaleRead(history: History): History {
  const gets = history.filter(({ f, key, output }) => f === "get" && key === "7" && output !== "");
  const late = gets.at(-3)!;
  const early = gets[Math.floor(gets.length / 2)]!;
  return history.map((operation) => (operation === late ? { ...late, output: early.output } : operation));
}

function timed(history: History, model: LinearizableModelName, expected: Verdict["verdict"]): number {
  const from = performance.now();
  const { verdict } = checkLinearizable(history, linearizableModels[model], limits);
  const ms = performance.now() - from;
  if (verdict !== expected) throw new Error(`The history is ${expected}, the checker says ${verdict}.`);
  return ms;
}

/** Median of the time to check one history, a different one each round. */
function reportMany(bench: string, expected: "valid" | "invalid", target: number, peer: number): void {
  const values = Array.from({ length: rounds }, (_, round) => {
    const sound = manyClients(round + 1);
    return timed(expected === "valid" ? sound : withStaleRead(sound), "kv-append", expected);
  });
  report({
    bench,
    value: median(values),
    unit: "ms",
    target,
    better: "lower",
    detail: {
      porcupineElsewhereMs: peer,
      worst: Math.round(Math.max(...values)),
      first: Math.round(values[0]!),
      rounds,
    },
  });
}

/** With what Porcupine (Go) once took for its own history of this size on a machine of this kind: not run beside it. */
export async function checkKvSound(): Promise<void> {
  reportMany("check-kv-sound", "valid", 150, 103);
}

/** Porcupine only says that there is no order; this finds the smallest counter-example too. */
export async function checkKvUnsound(): Promise<void> {
  reportMany("check-kv-unsound", "invalid", 150, 16);
}

/** Five clients, five values, reads, writes and compare-and-sets, some answers lost: as Jepsen's etcd histories. */
const smallRegister = (seed: number) =>
  simulate({
    seed,
    operations: 90,
    clients: 5,
    keys: [null],
    lost: 0.05,
    initial: null,
    request: (random) => {
      const draw = random();
      const value = () => Math.floor(random() * 5);
      if (draw < 1 / 3) return ["read", null];
      return draw < 2 / 3 ? ["write", value()] : ["cas", [value(), value()]];
    },
    act: (state, f, input) => {
      if (f === "read") return [state, state, true];
      if (f === "write") return [input, null, true];
      const [from, to] = input as unknown as readonly [Json, Json];
      return state === from ? [to, null, true] : [state, null, false];
    },
  });

export async function checkRegister(): Promise<void> {
  const histories = Array.from({ length: 100 }, (_, seed) => smallRegister(seed + 1));
  for (const history of histories) timed(history, "register-cas", "valid");
  const values = histories.map((history) => timed(history, "register-cas", "valid"));
  report({
    bench: "check-register",
    value: median(values),
    unit: "ms",
    target: 0.2,
    better: "lower",
    detail: {
      porcupineElsewhereMs: 0.095,
      worst: Number(Math.max(...values).toPrecision(3)),
      histories: histories.length,
    },
  });
}
