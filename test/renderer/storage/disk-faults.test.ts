import { describe, expect, it } from "vitest";
import {
  diskGestures,
  faultFrom,
  faultProblem,
  faultsInForce,
  faultsTold,
  faultWords,
  firstFault,
  healDisk,
  powerCut,
} from "../../../renderer/storage/disk-faults.ts";
import { liveDiskFaultSchema } from "../../../shared/contract/storage.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { labLane, type TraceEvent } from "../../../shared/trace/event.ts";
import { eventOf } from "../fake-lab.ts";

const lab = (id: number, name: string, detail: TraceEvent["detail"]) =>
  eventOf(id, { node: asNodeId(labLane), op: "lab", name, ...(detail === undefined ? {} : { detail }) });

describe("faults of a disk", () => {
  it("are within the contract", () => {
    for (const { fault } of [...diskGestures, powerCut, healDisk])
      expect(liveDiskFaultSchema.safeParse(fault).success).toBe(true);
  });

  it("are told in words", () => {
    const fail = { kind: "fail", operation: "sync" } as const;
    const told = [
      faultWords({ ...fail, nth: 1, lasts: "once" }),
      faultWords({ ...fail, nth: 3, lasts: "once" }),
      faultWords({ ...fail, nth: 1, lasts: "always" }),
      faultWords({ ...fail, operation: "write", nth: 22, lasts: "always" }),
      faultWords({ kind: "slow", ms: 20 }),
    ];
    expect(told).toEqual([
      "the next flush fails",
      "the 3rd flush fails",
      "every flush fails",
      "every write from the 22nd on fails",
      "each write and flush takes 20 ms longer",
    ]);
    expect(faultsTold({ node: "node-1", full: true, rot: 2 })).toEqual([
      "the disk is full",
      "2 records have lost a bit",
    ]);
    expect(faultsTold({ fail: "nonsense", slow: "much" })).toEqual([]);
  });

  it("are asked for as they were typed, or a sentence says what is wrong", () => {
    const typed = { ...firstFault, operation: "write", nth: "12", lasts: "always" } as const;
    for (const kind of ["fail", "full", "slow"] as const) {
      expect(faultProblem({ ...typed, kind })).toBeNull();
      expect(liveDiskFaultSchema.safeParse(faultFrom({ ...typed, kind })).success).toBe(true);
    }
    expect(faultFrom(typed)).toEqual({ kind: "fail", operation: "write", nth: 12, lasts: "always" });
    for (const nth of ["0", "", "1.5", "-2", "x"]) expect(faultProblem({ ...typed, nth })).not.toBeNull();
    for (const ms of ["", "-1", "60001", "x"])
      expect(faultProblem({ ...typed, kind: "slow", ms })).not.toBeNull();
  });

  it("are in force until they are healed or the process ends", () => {
    const events = [
      lab(1, "disk", { node: "node-1", full: true }),
      lab(2, "disk", { node: "node-1", slow: 20 }),
      lab(3, "disk", { node: "node-2", fail: { operation: "sync", nth: 1, lasts: "always" } }),
      lab(4, "disk", { node: "node-1", full: true }),
      lab(5, "disk", { node: "node-1", heal: true }),
      lab(6, "exited", { node: "node-2", code: 1, signal: null, expected: true }),
    ];
    const at = (id: number | null) =>
      Object.fromEntries(faultsInForce(events, id === null ? null : 1_000 + id));
    expect(at(2)).toEqual({ "node-1": ["the disk is full", "each write and flush takes 20 ms longer"] });
    expect(at(4)).toEqual({
      "node-1": ["each write and flush takes 20 ms longer", "the disk is full"],
      "node-2": ["every flush fails"],
    });
    expect(at(5)).toEqual({ "node-2": ["every flush fails"] });
    expect(at(null)).toEqual({});
  });
});
