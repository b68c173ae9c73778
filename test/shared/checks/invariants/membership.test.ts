/** Verdicts of a failure detector, judged against what the lab did to the members. */
import { describe, expect, it } from "vitest";
import { checkAccuracy, checkCompleteness } from "../../../../shared/checks/invariants/membership.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { type Detail, labLane, type TraceEvent } from "../../../../shared/trace/event.ts";

const bounds = { settleMs: 1_000, noticeMs: 3_000, slowMs: 50 };

/** `500 A member B dead`, `500 lab kill B`, `500 lab cut A>B`, `500 lab heal`, `500 A start`; times in ms. */
function trace(text: string): TraceEvent[] {
  const lines = text.trim().split("\n");
  return lines.map((line, index) => {
    const [time = "", lane = "", name = "", about = "", status = ""] = line.trim().split(/\s+/);
    const at = Number(time);
    const base = { life: 1, seq: index + 1, at, type: "local", clock: null } as const;
    if (lane !== "lab") {
      const detail: Detail =
        name === "member" ? { about, status, previous: null, incarnation: 1, address: "" } : {};
      return { ...base, node: asNodeId(lane), op: "membership", name, detail };
    }
    const act = (name: string, detail: Detail): TraceEvent => ({
      ...base,
      node: labLane,
      op: "lab",
      name,
      detail,
    });
    if (name === "cut") return act("partition", { id: 1, kind: "custom", groups: [], cut: about.split(",") });
    if (name === "heal") return act("heal", { id: about === "all" ? null : 1 });
    if (name === "link") {
      const [from = "", to = ""] = about.split(">");
      return act("link", { from, to, settings: settings[status] ?? { blocked: true } });
    }
    if (name === "rule") return act("rule", { do: "drop", message: status, to: about, name: "r" });
    if (name === "end-rule") return act("end-rule", { name: "r" });
    if (name === "disk") return act("disk", { node: about, slow: Number(status) });
    return act(name, {
      node: about,
      pid: 1,
      ...(name === "exited" && { code: null, signal: "SIGKILL", expected: true }),
    });
  });
}

const settings: Record<string, Detail> = {
  rest: {},
  slow: { latency: { kind: "constant", ms: 80 } },
  quick: { latency: { kind: "uniform", minMs: 1, maxMs: 40 } },
  lossy: { loss: 0.1 },
  double: { duplicate: 0.5, reorder: 0.5 },
};

const begin = `
  0 A start
  0 B start
  0 C start
  10 A member B alive
  10 A member C alive
  10 B member A alive
  10 B member C alive
  10 C member A alive
  10 C member B alive`;
const accuracy = (text: string) => checkAccuracy(trace(begin + text), bounds);
const completeness = (text: string) => checkCompleteness(trace(begin + text), bounds);

describe("accuracy", () => {
  it.each([
    ["no verdict at all", ""],
    ["a suspicion", "\n 5000 A member B suspect"],
    ["somebody who left", "\n 5000 A member B left"],
    ["a killed member", "\n 5000 lab kill B\n 6000 A member B dead\n 6100 C member B dead"],
    ["one that died by itself", "\n 5000 lab exited B\n 6000 A member B dead"],
    ["a paused one", "\n 5000 lab pause B\n 9000 A member B dead"],
    ["one just resumed", "\n 5000 lab pause B\n 6000 lab resume B\n 6900 A member B dead"],
    ["one cut off", "\n 5000 lab cut A>B,C>B\n 9000 A member B dead"],
    ["one cut off in one direction only", "\n 5000 lab cut B>A\n 9000 C member B dead"],
    ["one just healed", "\n 5000 lab cut A>B\n 8000 lab heal\n 8900 C member B dead"],
    ["one behind a bad link", "\n 5000 lab link A>B\n 9000 A member B dead"],
    ["one behind a slow link", "\n 5000 lab link A>B slow\n 9000 A member B dead"],
    ["one behind a lossy link", "\n 5000 lab link B>C lossy\n 9000 A member B dead"],
    ["one whose pings are dropped by a rule", "\n 5000 lab rule B PING\n 9000 A member B dead"],
    ["one with a slow disk", "\n 5000 lab disk B 30\n 9000 A member B dead"],
    ["one that has not started", "\n 5000 A member D dead"],
    ["a restarted one, at once", "\n 5000 lab kill B\n 6000 B start\n 6500 C member B dead"],
  ])("excuses the conviction of %s", (_, text) => {
    expect(accuracy(text)).toMatchObject({ verdict: "valid" });
  });

  it.each([
    ["without any cause", "\n 5000 A member B dead"],
    ["by one that woke from a pause (P18)", "\n 4000 lab pause A\n 6000 lab resume A\n 6001 A member B dead"],
    ["long after a resume", "\n 2000 lab pause B\n 3000 lab resume B\n 5000 A member B dead"],
    ["long after a heal", "\n 2000 lab cut A>B\n 3000 lab heal\n 5000 A member B dead"],
    [
      "long after all was healed",
      "\n 2000 lab link A>B\n 3000 lab heal all\n 3000 lab link A>B rest\n 5000 A member B dead",
    ],
    [
      "long after the heal of a cut that was there twice",
      "\n 2000 lab link A>B\n 2100 lab cut A>B\n 3000 lab heal\n 5000 A member B dead",
    ],
    [
      "over links that are quick enough",
      "\n 10 lab link A>B quick\n 10 lab link B>A double\n 5000 A member B dead",
    ],
    ["while a rule touches other messages", "\n 2000 lab rule B REPLICATE\n 5000 A member B dead"],
    ["long after a rule has ended", "\n 2000 lab rule B PING\n 3000 lab end-rule\n 5000 A member B dead"],
    ["long after a disk was slow", "\n 2000 lab disk B 30\n 3000 lab disk B 0\n 5000 A member B dead"],
    [
      "long after a link was put to rest",
      "\n 2000 lab link A>B\n 3000 lab link A>B rest\n 5000 A member B dead",
    ],
    ["while only others are cut off", "\n 4000 lab cut A>C\n 5000 A member B dead"],
    ["because another one was killed", "\n 4000 lab kill C\n 5000 A member C dead\n 5000 A member B dead"],
  ])("finds a conviction %s", (_, text) => {
    const found = accuracy(text);
    expect(found).toMatchObject({
      verdict: "invalid",
      summary: "A convicted B, which ran and could be reached.",
    });
    expect(found.counterExample!.events).toEqual([expect.objectContaining({ node: "A" })]);
  });
});

describe("completeness", () => {
  it.each([
    ["everybody noticed", "\n 5000 lab kill B\n 6000 A member B dead\n 7900 C member B dead\n 9000 A stop"],
    ["it came back in time", "\n 5000 lab kill B\n 7000 B start\n 20000 A probe"],
    ["it left", "\n 5000 lab stop B\n 5001 A member B left\n 5001 C member B left\n 20000 A probe"],
    ["the trace ended before the bound", "\n 5000 lab kill B\n 7000 A probe"],
    [
      "the observer was down as well",
      "\n 5000 lab kill B\n 5500 C member B dead\n 6000 lab pause A\n 7000 C member A dead\n 20000 C probe",
    ],
    ["the observer never knew it", "\n 5000 D start\n 6000 lab kill D\n 20000 A probe"],
  ])("holds when %s", (_, text) => {
    expect(completeness(text)).toMatchObject({ verdict: "valid" });
  });

  it.each([
    ["nobody noticed", "\n 5000 lab kill B\n 20000 A probe", "A", "alive"],
    ["one did not", "\n 5000 lab kill B\n 6000 A member B dead\n 20000 A probe", "C", "alive"],
    [
      "one only suspects",
      "\n 5000 lab kill B\n 6000 A member B dead\n 6000 C member B suspect\n 20000 A probe",
      "C",
      "suspect",
    ],
    [
      "one noticed too late",
      "\n 5000 lab kill B\n 6000 A member B dead\n 8001 C member B dead\n 20000 A probe",
      "C",
      "alive",
    ],
    ["a pause goes unnoticed", "\n 5000 lab pause B\n 6000 A member B dead\n 20000 A probe", "C", "alive"],
    [
      "a dead one is believed again",
      "\n 5000 lab kill B\n 6000 A member B dead\n 6000 C member B dead\n 6500 A member B alive\n 20000 A probe",
      "A",
      "alive",
    ],
  ])("fails when %s", (_, text, observer, status) => {
    const found = completeness(text);
    expect(found).toMatchObject({
      verdict: "invalid",
      summary: `${observer} did not notice that B was down.`,
    });
    expect(found.counterExample!.why[1]).toContain(`for ${status} (since`);
    expect(found.counterExample!.events.map(({ node }) => node)).toEqual(["lab", observer]);
  });
});
