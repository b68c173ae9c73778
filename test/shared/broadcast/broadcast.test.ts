import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BroadcastOrder } from "../../../shared/broadcast/types.ts";
import { textCharsMax } from "../../../shared/broadcast/broadcast.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { Group, idOf } from "./group.ts";

const names = ["A", "B", "C", "D"];

/** One step of a random run: somebody broadcasts, or one of the messages on their way arrives, perhaps twice. */
const stepArbitrary = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("broadcast" as const), by: fc.constantFrom(...names) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      which: fc.nat(1_000),
      isCopy: fc.boolean(),
    }),
  },
);
const restartArbitrary = fc.record({
  kind: fc.constant("restart" as const),
  by: fc.constantFrom(...names),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer S> ? S : never;
type AnyStep = Step | (typeof restartArbitrary extends fc.Arbitrary<infer S> ? S : never);

/** Plays the steps; `after` is called after each. Nothing is lost, so in the end everything can arrive. */
function play(order: BroadcastOrder, steps: readonly AnyStep[], after: (group: Group) => void): Group {
  const group = new Group(names);
  for (const step of steps) {
    if (step.kind === "broadcast") group.act(step.by, { kind: "broadcast", text: "t", order });
    else if (step.kind === "restart") group.restart(step.by, true);
    else if (group.travelling.length > 0) {
      const chosen = group.travelling[step.which % group.travelling.length]!;
      if (!step.isCopy) group.travelling = group.travelling.filter((each) => each !== chosen);
      group.deliver(chosen);
    }
    after(group);
  }
  return group;
}

function drain(group: Group): void {
  while (group.travelling.length > 0) group.deliver(group.travelling.pop()!);
}

const sentBy = (group: Group) => group.noted.filter(({ name }) => name === "broadcast").map(idOf);

/** What each broadcast must follow, worked out from what its origin had delivered: no counters, only sets. */
function causesIn(group: Group): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  const causes = new Map<string, Set<string>>();
  for (const noted of group.noted) {
    const { node, name } = noted;
    if (name !== "broadcast" && name !== "delivered") continue;
    const id = idOf(noted);
    if (name === "broadcast") causes.set(id, new Set(seen.get(node)));
    seen.get(node)!.add(id);
  }
  return causes;
}

/** The naive twin: keeps whole sets, and delivers what arrived as soon as all it must follow has been delivered. */
function twinDelivered(
  arrived: ReadonlySet<string>,
  mustFollow: (id: string) => Iterable<string>,
): Set<string> {
  const delivered = new Set<string>();
  for (let grew = true; grew;) {
    grew = false;
    for (const id of arrived) {
      if (delivered.has(id) || ![...mustFollow(id)].every((other) => delivered.has(other))) continue;
      delivered.add(id);
      grew = true;
    }
  }
  return delivered;
}

const earlierOfSame = (id: string) => {
  const [origin, number] = id.split(" ");
  return Array.from({ length: Number(number) - 1 }, (_, i) => `${origin} ${i + 1}`);
};

describe("delivery on a network that delays, reorders and repeats", () => {
  const steps = fc.array(stepArbitrary, { maxLength: 60 });

  it.each(["unordered", "fifo", "causal", "total"] as const)("%s: everything once, at everybody", (order) => {
    fc.assert(
      fc.property(steps, (run) => {
        const group = play(order, run, () => {});
        drain(group);
        const sent = sentBy(group).sort();
        for (const name of names) expect(group.delivered(name).toSorted()).toEqual(sent);
      }),
    );
  });

  it.each(["fifo", "causal"] as const)(
    "%s: delivers exactly what its twin delivers, in an allowed order",
    (order) => {
      fc.assert(
        fc.property(steps, (run) => {
          const arrived = new Map(names.map((name) => [name, new Set<string>()]));
          const checkAgainstTwin = (group: Group) => {
            const causes = causesIn(group);
            const mustFollow = (id: string) => (order === "fifo" ? earlierOfSame(id) : causes.get(id)!);
            for (const name of names) {
              const delivered = group.delivered(name);
              expect(new Set(delivered)).toEqual(twinDelivered(arrived.get(name)!, mustFollow));
              for (const [place, id] of delivered.entries()) {
                const before = new Set(delivered.slice(0, place));
                for (const other of mustFollow(id)) expect(before).toContain(other);
              }
            }
          };
          const group = new Group(names);
          for (const step of run) {
            if (step.kind === "broadcast") {
              group.act(step.by, { kind: "broadcast", text: "t", order });
              arrived.get(step.by)!.add(sentBy(group).at(-1)!);
            } else if (group.travelling.length > 0) {
              const chosen = group.travelling[step.which % group.travelling.length]!;
              if (!step.isCopy) group.travelling = group.travelling.filter((each) => each !== chosen);
              const { message, to } = chosen;
              if (message.kind === "BROADCAST") arrived.get(to)!.add(`${message.origin} ${message.number}`);
              group.deliver(chosen);
            }
            checkAgainstTwin(group);
          }
        }),
      );
    },
  );

  it("total: one order, of which everybody has delivered a beginning", () => {
    fc.assert(
      fc.property(steps, (run) => {
        play("total", run, (group) => {
          const lists = names.map((name) => group.delivered(name));
          const longest = lists.reduce((a, b) => (a.length >= b.length ? a : b));
          for (const list of lists) expect(list).toEqual(longest.slice(0, list.length));
        });
      }),
    );
  });

  it("stamps every delivery above its sending, in all vectors and by Lamport", () => {
    fc.assert(
      fc.property(steps, (run) => {
        const { noted } = play("unordered", run, () => {});
        for (const { node, detail, name } of noted) {
          if (name !== "delivered") continue;
          const [vector, sent] = [detail["vector"], detail["sentVector"]] as Record<string, number>[];
          for (const member of names) expect(vector![member] ?? 0).toBeGreaterThanOrEqual(sent![member] ?? 0);
          expect(vector![node]).toBeGreaterThan(sent![node] ?? 0);
        }
      }),
    );
  });
});

/** The numbers that three lives of one node minted. */
const mint = (keeps: boolean) => {
  const group = new Group(["A"]);
  const ids: string[] = [];
  for (let life = 0; life < 3; life++) {
    for (let i = 0; i < 3; i++) {
      const answer = group.act("A", { kind: "mint" });
      if (answer.ok) ids.push(answer.id!);
    }
    group.restart("A", keeps);
  }
  return ids;
};

describe("restarts with the state that was kept", () => {
  const steps = fc.array(
    fc.oneof({ weight: 7, arbitrary: stepArbitrary }, { weight: 1, arbitrary: restartArbitrary }),
    {
      maxLength: 80,
    },
  );

  it.each(["unordered", "fifo", "causal", "total"] as const)(
    "%s: no number and no delivery twice",
    (order) => {
      fc.assert(
        fc.property(steps, (run) => {
          const group = play(order, run, () => {});
          drain(group);
          const sent = sentBy(group);
          expect(new Set(sent).size).toBe(sent.length);
          const lists = names.map((name) => group.delivered(name));
          for (const list of lists) expect(new Set(list).size).toBe(list.length);
          if (order !== "total") return;
          // What was held in the crash is missing, but nobody has two broadcasts the other way round.
          for (const one of lists) {
            for (const other of lists) {
              const common = one.filter((id) => other.includes(id));
              expect(other.filter((id) => one.includes(id))).toEqual(common);
            }
          }
        }),
      );
    },
  );

  it("does not deliver again what it had delivered ahead of its turn", () => {
    const group = new Group(["A", "B"]);
    group.act("A", { kind: "broadcast", text: "lost", order: "unordered" });
    group.act("A", { kind: "broadcast", text: "twice", order: "unordered" });
    const copy = group.travelling[1]!;
    group.deliver(copy);
    group.restart("B", true);
    group.deliver(copy);
    expect(group.delivered("B")).toEqual(["A 2"]);
  });

  it("gives positions that go on where those of the earlier life ended", () => {
    const group = new Group(["A", "B"]);
    for (let life = 0; life < 3; life++) {
      group.act("A", { kind: "broadcast", text: "t", order: "total" });
      group.restart("A", true);
      drain(group);
    }
    for (const name of ["A", "B"]) expect(group.delivered(name)).toEqual(["A 1", "A 2", "A 3"]);
  });

  it("gives no position that it had only heard of", () => {
    const group = new Group(["A", "B", "C"]);
    group.act("B", { kind: "local", text: "awake" });
    group.act("A", { kind: "broadcast", text: "first", order: "total" });
    group.arrive("A", "C");
    group.arrive("A", "C");
    group.arrive("A", "B", 1); // its position, and the broadcast itself never
    group.restart("B", true);
    group.leave("A");
    group.act("B", { kind: "broadcast", text: "second", order: "total" });
    drain(group);
    expect(group.delivered("C")).toEqual(["A 1", "B 1"]);
  });

  it("mints no number twice, and mints some twice without", () => {
    expect(mint(true)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((counter) => `A:${counter}`));
    expect(new Set(mint(false)).size).toBe(3);
  });
});

describe("the application", () => {
  it("refuses what makes no sense, and does nothing then", () => {
    const group = new Group(["A", "B"]);
    const long = "x".repeat(textCharsMax + 1);
    expect(group.act("A", { kind: "tell", to: group.members[0]!, text: "x" })).toMatchObject({
      ok: false,
      code: "bad_input",
      message: "A cannot tell itself something; use a local event.",
    });
    expect(group.act("A", { kind: "tell", to: "E" as never, text: "x" })).toMatchObject({
      ok: false,
      code: "no_such_member",
      message: "A knows no member E; the members are A, B.",
    });
    expect(group.act("A", { kind: "local", text: long })).toMatchObject({ ok: false, code: "bad_input" });
    expect(group.noted).toEqual([]);
    expect(group.disks.size).toBe(0);
  });

  it.each([
    [1, 2],
    [2, 1],
  ])("leaves a position empty when one broadcast was given two: %i, then %i", (first, second) => {
    const group = new Group(["A", "B", "C"]);
    const [a, b, c] = group.members as [NodeId, NodeId, NodeId];
    const order = (origin: NodeId, position: number) =>
      group.deliver({ from: a, to: c, message: { kind: "ORDER", origin, number: 1, position } });
    group.act("A", { kind: "broadcast", text: "a", order: "total" });
    group.act("B", { kind: "broadcast", text: "b", order: "total" });
    order(a, first);
    order(b, 3);
    order(a, second);
    expect(group.delivered("C")).toEqual([]);
    group.arrive("B", "C");
    group.arrive("A", "C");
    expect(group.delivered("C")).toEqual(["A 1", "B 1"]);
  });

  it("forgets a gap that a thousand later broadcasts have passed", () => {
    const group = new Group(["A", "B"]);
    for (let i = 0; i < 1_002; i++) group.act("A", { kind: "broadcast", text: "t", order: "unordered" });
    const [lost] = group.travelling.splice(0, 1);
    for (const each of group.travelling) group.deliver(each);
    expect(group.delivered("B").length).toBe(1_001);
    expect(group.disks.get(group.members[1]!)).toMatchObject({ delivered: { A: 1_002 }, ahead: {} });
    group.deliver(lost!);
    expect(group.delivered("B").length).toBe(1_001);
  });
});
