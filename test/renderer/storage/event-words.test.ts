import { describe, expect, it } from "vitest";
import { diskFlag, diskSentence } from "../../../renderer/storage/event-words.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";
import { eventOf } from "../fake-lab.ts";

const lab = (name: string, detail: NonNullable<TraceEvent["detail"]>) =>
  eventOf(1, { op: "lab", name, detail: { node: "node-1", ...detail } });

describe("the lab's acts on a disk in words", () => {
  it.each([
    ["disk", { full: true }, "The lab broke the disk of node-1: the disk is full."],
    [
      "disk",
      { fail: { operation: "sync", nth: 2, lasts: "always" } },
      "The lab broke the disk of node-1: every flush from the 2nd on fails.",
    ],
    ["disk", { "power-cut": true }, "The lab cut the power of node-1: what it had not flushed is gone."],
    ["disk", { heal: true }, "The lab healed the disk of node-1."],
    [
      "damage",
      { kind: "flip-bit", file: "log/1.log", offset: 9, bit: 3 },
      "The lab broke log/1.log of node-1: bit 3 of byte 9 is turned over.",
    ],
    [
      "damage",
      { kind: "zero", file: "log/1.log", offset: 9, bytes: 100 },
      "The lab broke log/1.log of node-1: 100 bytes from byte 9 on are zero.",
    ],
    ["disk-copy", { label: "a" }, "The lab keeps a copy of the directory of node-1 as “a”."],
    ["old-disk", { of: "a" }, "The lab put an old copy of the directory of node-1 back: “a”."],
    ["wipe", {}, "The lab wiped the disk of node-1."],
  ])("%s %j", (name, detail, sentence) => {
    expect(diskSentence(lab(name, detail))).toBe(sentence);
    expect(diskFlag(lab(name, detail))).not.toBeNull();
  });

  it("is nothing of another act, and no nonsense of a strange one", () => {
    expect([diskSentence(lab("kill", {})), diskFlag(lab("kill", {}))]).toEqual([null, null]);
    expect(diskSentence(lab("damage", { kind: 7, file: "x" }))).toBe(
      "The lab broke x of node-1: some of its bytes are others.",
    );
    expect(diskFlag(lab("disk", { fail: { operation: "sync" } }))).toBe("fail sync node-1");
    expect(diskFlag(lab("disk", { fail: 3 }))).toBe("break disk node-1");
  });
});
