/** Causal consistency and session guarantees: named anomalies as transcripts. */
import { describe, expect, it } from "vitest";
import { checkCausal } from "../../../shared/checks/causal.ts";
import { checkSession } from "../../../shared/checks/session.ts";
import { noLimits, sequential, tell, told } from "./histories.ts";

const causal = (text: string) => checkCausal(told(text), noLimits);
const session = (text: string) => checkSession(told(text), noLimits);
const lines = (text: string) => text.trim().replaceAll(/^ +/gm, "");

describe("causal consistency", () => {
  it.each([
    [
      "an effect seen without its cause",
      "WriteCORead",
      `
      A w x 1
      A w x 2
      A w y 3
      B r y 3
      B r x 1`,
    ],
    [
      "a reply seen without the question",
      "WriteCOInitRead",
      `
      A w x 1
      B r x 1
      B w y 2
      C r y 2
      C r x -`,
    ],
    [
      "a value that nobody wrote",
      "ThinAirRead",
      `
      B r x 7`,
    ],
    [
      "two that each read what the other writes later",
      "CyclicCO",
      `
      A r x 2
      A w y 1
      B r y 1
      B w x 2`,
    ],
    [
      "a process that reads its own future",
      "CyclicCO",
      `
      A r x 1
      A w x 1`,
    ],
    [
      "several versions, all of them outdated",
      "WriteCORead",
      `
      A w x 1
      B w x 2
      C r x 1,2
      C w x 3
      C r x 1,2`,
    ],
    [
      "a deleted value read again",
      "WriteCORead",
      `
      A w x 1
      A d x
      A r x 1`,
    ],
  ])("refuses %s: %s", (_, pattern, text) => {
    const found = causal(text);
    expect(found.verdict).toBe("invalid");
    expect(found.summary).toContain(pattern);
    // Each of these is as small as it can be.
    expect(tell(found.counterExample!.operations)).toBe(lines(text));
    expect(found.counterExample!.events).toHaveLength(found.counterExample!.operations.length);
  });

  it.each([
    [
      "concurrent writes seen in either order",
      `
      A w x 1
      B w x 2
      C r x 1
      C r x 2
      D r x 2
      D r x 1`,
    ],
    [
      "several versions, one of them new",
      `
      A w x 1
      B r x 1
      B w x 2
      C r x 1,2`,
    ],
    [
      "nothing found after a delete",
      `
      A w x 1
      A d x
      A r x -`,
    ],
    [
      "nothing found when somebody may have deleted",
      `
      A w x 1
      B d x ?
      A r x -`,
    ],
    [
      "a write without an answer that takes effect late",
      `
      A w x 1 ?
      A w x 2
      B r x 2
      B r x 1`,
    ],
    [
      "a failed read",
      `
      A w x 1
      A r x - !`,
    ],
  ])("allows %s", (_, text) => {
    expect(causal(text)).toMatchObject({ verdict: "valid" });
    expect(session(text)).toMatchObject({ verdict: "valid" });
  });

  it("leaves out what does not belong to the proof", () => {
    const found = causal(`
      A w z 9
      A w x 1
      B r z 9
      A w x 2
      C w x 5
      A w y 3
      C r x 5
      B r y 3
      B w z 10
      B r x 1
      B r z 10`);
    expect(tell(found.counterExample!.operations)).toBe(
      lines(`
      A w x 1
      A w x 2
      A w y 3
      B r y 3
      B r x 1`),
    );
    expect(found.counterExample!.why).toEqual([
      "Process A wrote 1 to x before it wrote 2 to x.",
      "Process A wrote 2 to x before it wrote 3 to y.",
      "Process B read 3 from y, which process A had written.",
      "Process B read 3 from y before it read 1 from x.",
      'So process B had "write 2 to x" in its past, yet was given what came before.',
    ]);
  });

  it("tells the shortest story where several writes are newer", () => {
    const found = causal(`
      A w x 1
      A w x 2
      B r x 2
      A w x 3
      C r x 3
      C w y 4
      B r y 4
      B r x 1`);
    expect(tell(found.counterExample!.operations)).toBe(
      lines(`
      A w x 1
      A w x 2
      B r x 2
      B r x 1`),
    );
  });

  it("says that a value came from a write that failed for sure", () => {
    const found = causal("A w x 1 !\nB r x 1");
    expect(found.counterExample!.why[1]).toMatch(/failed for sure/);
  });

  it("does not guess which of two equal writes was read", () => {
    const found = causal("A w x 1\nB w x 1\nC r x 1");
    expect(found).toMatchObject({
      verdict: "unknown",
      summary: expect.stringContaining("write every value once") as string,
    });
    expect(session("A w x 1\nB w x 1\nC r x 1")).toMatchObject({ verdict: "unknown", checker: "session" });
  });

  it("reads a list as one value where that list was written", () => {
    const history = sequential([
      { process: "A", f: "write", key: "x", input: [1, 2] },
      { process: "A", f: "read", key: "x", output: [1, 2] },
    ]);
    expect(checkCausal(history, noLimits).verdict).toBe("valid");
  });

  it("keeps to its limits", () => {
    const history = told(Array.from({ length: 300 }, (_, i) => `P${i} w x ${i}`).join("\n"));
    expect(checkCausal(history, { states: 100, isTimeUp: () => false })).toMatchObject({
      verdict: "unknown",
    });
    expect(checkCausal(history, { states: 1e9, isTimeUp: () => true })).toMatchObject({ verdict: "unknown" });
    expect(checkSession(history, { states: 1e9, isTimeUp: () => true })).toMatchObject({
      verdict: "unknown",
    });
  });
});

describe("session guarantees", () => {
  it.each([
    [
      "read your writes",
      `
      A w x 1
      B r x 1
      B w x 2
      B r x 1`,
    ],
    [
      "read your writes",
      `
      A w x 1
      A r x -`,
    ],
    [
      "monotonic reads",
      `
      A w x 1
      A w x 2
      B r x 2
      B r x 1`,
    ],
    [
      "monotonic reads",
      `
      A w x 1
      B r x 1
      B r x -`,
    ],
    [
      "monotonic writes",
      `
      A w x 1
      A w y 2
      B r y 2
      B r x -`,
    ],
    [
      "writes follow reads",
      `
      A w x 1
      B r x 1
      B w y 2
      C r y 2
      C r x -`,
    ],
  ])("names %s", (guarantee, text) => {
    const found = session(text);
    expect(found.verdict).toBe("invalid");
    expect(found.summary).toContain(`breaks ${guarantee}`);
    expect(tell(found.counterExample!.operations)).toBe(lines(text));
    expect(causal(text).verdict).toBe("invalid");
  });

  it("allows what only a longer chain of causes forbids", () => {
    const text = `
      A w x 1
      B r x 1
      B w y 2
      C r y 2
      C w z 3
      D r z 3
      D r x -`;
    // D never saw a write of a session that had read x: the store must be causal to forbid it. Session guarantees do
    // so too, but only together: C's session was owed x = 1, which no read of C shows.
    expect(session(text).verdict).toBe("valid");
    expect(causal(text).verdict).toBe("invalid");
  });
});
