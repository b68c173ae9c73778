/** Raft's invariants: a sound run as a transcript, then the same run with one thing wrong. */
import { describe, expect, it } from "vitest";
import { checkRaft, type RaftFact } from "../../../../shared/checks/invariants/raft.ts";

/**
 * `A term 2`, `A vote 2 B`, `A leader 2`, `A append 1 2 x` (index, term, value), `A truncate 1`, `A snapshot 3 2`,
 * `A commit 1`, `A apply 1 x`, `A restart 0`.
 */
function facts(text: string): RaftFact[] {
  return text
    .trim()
    .split("\n")
    .map((line, position): RaftFact => {
      const [node = "", kind, first = "", second = "", third = ""] = line.trim().split(/\s+/);
      const base = { node, event: { node, life: 1, seq: position + 1 } };
      const number = Number(first);
      switch (kind) {
        case "vote":
          return { ...base, kind, term: number, candidate: second };
        case "append":
          return { ...base, kind, index: number, term: Number(second), value: third };
        case "snapshot":
          return { ...base, kind, index: number, term: Number(second) };
        case "apply":
          return { ...base, kind, index: number, value: second };
        case "restart":
          return { ...base, kind, applied: number };
        case "term":
        case "leader":
          return { ...base, kind, term: number };
        case "truncate":
        case "commit":
          return { ...base, kind, index: number };
        default:
          throw new Error(`no fact: ${line}`);
      }
    });
}

/** A leads term 1 and commits x; its second entry reaches nobody. B leads term 2, overwrites it, commits y and z. */
const sound = `
  A term 1
  A vote 1 A
  B vote 1 A
  A leader 1
  A append 1 1 x
  B append 1 1 x
  A commit 1
  A apply 1 x
  A append 2 1 lost
  B commit 1
  B vote 2 B
  C vote 2 B
  B leader 2
  B append 2 2 y
  C append 1 1 x
  C append 2 2 y
  B commit 2
  B apply 1 x
  B apply 2 y
  A term 2
  A truncate 2
  A append 2 2 y
  A commit 2
  A apply 2 y
  C restart 0
  C commit 2
  C apply 1 x
  C apply 2 y
  B append 3 2 z
  D term 2
  D snapshot 2 2
  D append 3 2 z
  D commit 3
  D apply 3 z`;

const check = (text: string) => checkRaft(facts(text));

describe("Raft", () => {
  it("calls a sound run sound", () => {
    expect(check(sound)).toMatchObject({ verdict: "valid", operations: 34 });
  });

  it.each([
    ["one vote a term", "  B vote 2 B", "  B vote 2 B\n  B vote 2 C", ["B", "B"]],
    ["terms never fall", "  A truncate 2", "  A term 1", ["A"]],
    ["election safety", "  C vote 2 B", "  A leader 2", ["A", "B"]],
    ["leader append-only", "  A append 2 1 lost", "  A append 1 1 y", ["A", "A"]],
    ["leader append-only", "  B commit 2", "  B truncate 2", ["B", "B"]],
    ["committed entries stay", "  A truncate 2", "  A truncate 1", ["A"]],
    ["log matching", "  C append 2 2 y", "  C append 2 2 w", ["B", "C"]],
    ["log matching", "  C append 1 1 x\n", "  C append 1 2 x\n", ["B", "C"]],
    ["a log has no holes", "  C append 1 1 x\n", "", ["C"]],
    ["committed entries are in the log", "  A commit 1\n", "  A commit 2\n", ["A"]],
    ["leader completeness", "  C vote 2 B", "  C leader 3", ["A", "C"]],
    ["only committed entries are applied", "  A commit 1\n", "", ["A"]],
    ["entries are applied in order, once", "  B apply 1 x\n", "", ["B"]],
    ["entries are applied in order, once", "  B apply 2 y\n", "  B apply 2 y\n  B apply 2 y\n", ["B"]],
    ["state machine safety", "  B apply 2 y", "  B apply 2 w", ["B", "B"]],
    [
      "state machine safety",
      "  D apply 3 z",
      "  D commit 3\n  D apply 3 z\n  E snapshot 2 2\n  E append 3 9 w\n  E commit 3",
      ["D", "E"],
    ],
  ])("finds that %s does not hold", (invariant, before, after, nodes) => {
    expect(sound).toContain(before);
    const found = check(sound.replace(before, after));
    expect(found).toMatchObject({ verdict: "invalid", summary: `Raft's "${invariant}" does not hold.` });
    expect(found.counterExample!.events.map(({ node }) => node)).toEqual(nodes);
    expect(found.counterExample!.why.length).toBeGreaterThan(0);
  });

  it("finds an entry of an older term committed by counting replicas (P25), as in figure 8 of the paper", () => {
    const found = check(`
      A leader 2
      A append 1 2 old
      B append 1 2 old
      E leader 3
      E append 1 3 other
      A leader 4
      C append 1 2 old
      A commit 1
      E leader 5`);
    expect(found).toMatchObject({
      verdict: "invalid",
      summary: `Raft's "leader completeness" does not hold.`,
    });
  });

  it("finds it also when the commit is heard of after the election", () => {
    const found = check(`
      A leader 1
      A append 1 1 x
      B leader 2
      A commit 1`);
    expect(found).toMatchObject({
      verdict: "invalid",
      summary: `Raft's "leader completeness" does not hold.`,
    });
  });
});
