/** Scenarios by hand and at random, for tests. */
import * as fc from "fast-check";
import {
  faultKinds,
  type Scenario,
  scenarioSchema,
  type ScenarioSource,
} from "../../../shared/scenario/schema.ts";

/** A scenario of three nodes A, B and C, with what else is said. */
export const scenario = (more: Partial<ScenarioSource> = {}): Scenario =>
  scenarioSchema.parse({ name: "by hand", cluster: { nodes: ["A", "B", "C"] }, ...more });

export const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const node = fc.constantFrom("A", "B", "C");
const pair = fc.constantFrom(["A", "B"], ["B", "C"], ["C", "A"]).map(([from, to]) => ({ from, to }));
const duration = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: 100_000 }).map((tenths) => tenths / 10),
  fc.constantFrom("5s", "1.5s", "250ms", "2m", "1h", "300us", "90s"),
);
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom(
    "null",
    "5s",
    "1e3",
    "yes",
    "a: b",
    "# no",
    "- x",
    " x ",
    "two\nlines\n",
    "'",
    '"',
    "é\u2028",
    "~",
    "0x1f",
  ),
  fc.lorem({ maxCount: 40 }),
);
const name = fc
  .string({ minLength: 1, maxLength: 20 })
  .filter((word) => word !== "__proto__" && word !== "blind");
const key = fc.string({ minLength: 1, maxLength: 10 });
const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
const latency = fc.oneof(
  duration,
  fc.constant(null),
  duration.map((min) => ({ min, max: "2h" })),
  duration.map((mean) => ({ mean })),
);
const link = fc.record(
  { latency, loss: share, duplicate: share, reorder: share, blocked: fc.boolean() },
  { requiredKeys: ["loss"] },
);
const maybe = { requiredKeys: [] as never[] };
const quorum = fc.record(
  { n: fc.constant(3), r: fc.constantFrom(1, 2, 3), w: fc.constantFrom(1, 2, 3) },
  maybe,
);
const asked = fc
  .tuple(fc.record({ node, key }), fc.record({ client: text, as: name }, maybe), quorum)
  .map((parts) => Object.assign({}, ...parts) as { node: string; key: string });

const call = fc.oneof(
  fc.tuple(asked, text).map(([where, value]) => ({ put: { ...where, value } })),
  asked.map((get) => ({ get })),
  asked.map((where) => ({ delete: where })),
  fc.record({ node, client: text, as: name }, { requiredKeys: ["node"] }).map((mint) => ({ mint })),
);
const failure = fc.record(
  {
    operation: fc.constantFrom("write", "sync", "rename"),
    nth: fc.integer({ min: 1, max: 9 }),
    lasts: fc.constantFrom("once", "always"),
  },
  { requiredKeys: ["operation"] },
);
const fault = fc.oneof(
  fc
    .tuple(fc.constantFrom("kill", "pause", "resume", "stop", "remove", "wipe", "isolate"), node)
    .map(([act, which]) => ({ [act]: which })),
  fc.oneof(node, fc.record({ node, clock: fc.constantFrom("keep", "lose") })).map((restart) => ({ restart })),
  fc.constant({ partition: { groups: [["A"], ["B", "C"]] } }),
  pair.map((cut) => ({ cut })),
  pair.map((clog) => ({ clog })),
  fc.tuple(pair, duration, duration).map(([ends, up, down]) => ({ flap: { ...ends, up, down } })),
  fc.constantFrom("cuts", "all").map((heal) => ({ heal })),
  fc
    .tuple(link, fc.oneof(pair, fc.constant({})))
    .map((parts) => ({ link: Object.assign({}, ...parts) as object })),
  fc
    .record(
      {
        do: fc.constantFrom("drop", "hold", "duplicate"),
        message: text,
        key,
        nth: fc.integer({ min: 1, max: 9 }),
      },
      { requiredKeys: ["do"] },
    )
    .map((rule) => ({ rule })),
  duration.map((by) => ({ rule: { do: "delay", by, from: "A" } })),
  fc.tuple(node, duration, fc.boolean()).map(([which, offset, isBack]) => ({
    clock: { node: which, offset: isBack ? (typeof offset === "number" ? -offset : `-${offset}`) : offset },
  })),
  fc
    .record(
      { node, slow: duration, full: fc.boolean(), rot: fc.nat(9), fail: failure },
      { requiredKeys: ["node", "slow"] },
    )
    .map((disk) => ({ disk })),
  name.map((snapshot) => ({ snapshot })),
  fc.string({ minLength: 1 }).map((note) => ({ note })),
);
const told = fc.oneof(
  fc.record({ node, text }).map((local) => ({ local })),
  fc.record({ node, to: node, text }).map((tell) => ({ tell })),
  fc
    .record(
      { node, text, order: fc.constantFrom("unordered", "fifo", "causal", "total") },
      { requiredKeys: ["node", "text"] },
    )
    .map((broadcast) => ({ broadcast })),
);
const act = fc.oneof(call, fault, told);
const match = fc.record(
  {
    node,
    type: fc.constantFrom("local", "send", "receive", "lost"),
    name: text,
    text,
    about: node,
    detail: fc.dictionary(name, fc.oneof(text, fc.integer(), fc.boolean())),
    nth: fc.integer({ min: 1, max: 9 }),
  },
  maybe,
);
const condition = fc.oneof(
  match.map((event) => ({ event })),
  fc.constantFrom({ settled: true }, { settled: ["A", "B"] }, { idle: true }),
);
const step = fc
  .record(
    {
      when: condition,
      after: duration,
      do: fc.oneof(act, fc.array(act, { minLength: 1, maxLength: 3 })),
      repeat: fc.record(
        { times: fc.integer({ min: 1, max: 9 }), every: duration },
        { requiredKeys: ["times"] },
      ),
      background: fc.boolean(),
    },
    { requiredKeys: ["do"] },
  )
  .chain((made) =>
    made.when === undefined ? fc.constant(made) : duration.map((within) => ({ ...made, within })),
  );
const range = fc.oneof(
  fc.record({ count: fc.nat(9) }),
  fc.record({ "at-least": fc.nat(3), "at-most": fc.integer({ min: 3, max: 9 }) }),
);
const faultKind = fc.constantFrom(...faultKinds);

const load = fc.record(
  {
    clients: fc.integer({ min: 1, max: 5 }),
    rate: fc.integer({ min: 1, max: 200 }),
    for: fc.integer({ min: 1, max: 5_000 }),
    keys: fc.integer({ min: 1, max: 9 }),
    mix: fc.record(
      { put: fc.integer({ min: 1, max: 3 }), delete: fc.nat(3), mint: fc.nat(2) },
      { requiredKeys: ["put"] },
    ),
    stick: fc.boolean(),
  },
  { requiredKeys: ["for"] },
);
const storm = fc.record(
  {
    for: fc.integer({ min: 1, max: 10_000 }),
    every: fc.integer({ min: 100, max: 3_000 }),
    faults: fc.array(faultKind, { minLength: 1, maxLength: 6 }),
  },
  { requiredKeys: ["for", "faults"] },
);

/** Scenarios with a storm and a load, and nothing else. */
export const weathers: fc.Arbitrary<Scenario> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), load, storm, fc.integer({ min: 1, max: 5_000 }))
  .map(([nodes, ...[ofLoad, ofStorm, calm]]) =>
    scenarioSchema.parse({ name: "weather", cluster: { nodes }, load: ofLoad, storm: ofStorm, calm }),
  );

/** Every shape a scenario can have. They make sense. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .tuple(
    fc.record(
      {
        about: text,
        predict: text,
        lesson: fc.integer({ min: 1, max: 20 }),
        network: link,
        end: duration,
        load,
      },
      maybe,
    ),
    fc.array(step, { maxLength: 5 }),
    fc.oneof(
      fc.constant({}),
      fc.record({ storm, calm: duration }),
      fc.record({
        calm: duration,
        planned: fc.record(
          {
            faults: fc.array(fc.record({ at: duration, do: fault }), { maxLength: 4 }),
            operations: fc.array(fc.record({ at: duration, client: text, do: call }), { maxLength: 4 }),
            until: duration,
          },
          { requiredKeys: ["until"] },
        ),
      }),
    ),
    fc.dictionary(name, fc.oneof(match, fc.constant({ action: "kill", node: "A" })), {
      minKeys: 2,
      maxKeys: 3,
    }),
    fc.record(
      {
        w: fc.constant(1),
        virtualNodes: fc.constantFrom(150, 8),
        requestTimeout: duration,
        clocks: fc.constantFrom("durable", "memory"),
        storage: fc.constantFrom({}, { sync: "off", recovery: "strict" }, { log: "file" }),
        membership: fc.constant({ gossipNodes: 2 }),
        replication: fc.constantFrom(
          {},
          { sloppy: true, hintLifetime: "3s", conflicts: { "cart:": "set", "": "custom:mine" } },
        ),
      },
      maybe,
    ),
    name,
    range,
  )
  .map(([parts, steps, weather, label, cluster, title, numbers]) => {
    const labels = Object.keys(label);
    const expect = [
      { order: labels },
      { past: { of: labels[0]!, is: labels } },
      { stamps: { [labels[0]!]: [1, 0, 2] } },
      { operations: { f: "put", ...numbers } },
      { check: { model: "kv" } },
      { spread: { about: "A", status: "dead", rounds: 2.5 } },
      { converged: true },
    ];
    const source = {
      name: title,
      cluster: { nodes: ["A", "B", "C"], ...cluster },
      ...parts,
      ...weather,
      steps,
      label,
      expect,
    };
    return scenarioSchema.parse(source);
  });
