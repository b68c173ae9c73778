import { describe, expect, it } from "vitest";
import { SimulatedLab } from "./lab.ts";

describe("x", () => {
  it("forms", () => {
    const lab = SimulatedLab.ready(3);
    console.log(lab.ms, lab.events.length, lab.put("node-1", "k", "v"), lab.get("node-2", "k"));
    console.log(lab.transcript((e) => e.op !== "membership"));
    console.log(lab.sha256);
  });
});
