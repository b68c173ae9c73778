/** Runs that a person can read; rewritten by `vitest -u`. */
import { describe, expect, it } from "vitest";
import { node, SimulatedLab } from "./lab.ts";

const [A, C] = [node("A"), node("C")];
const file = (name: string) => `./transcripts/${name}.txt`;

describe("transcripts", () => {
  it("a commit torn by a power cut is dropped at the next start, and a read repairs it", async () => {
    const lab = SimulatedLab.ready(["A", "B", "C"]);
    lab.run(150);
    lab.act({ name: "disk", value: { node: C, slow: 40, tear: true } });
    lab.call("A", { op: "put", key: "k", value: "v" });
    lab.run(15);
    lab.act({ name: "kill", value: C });
    lab.act({ name: "disk", value: { node: C, slow: 0 } });
    lab.act({ name: "restart", value: { node: C, clock: "keep" } });
    lab.until(() => lab.settled(["A", "B", "C"]));
    lab.get("C", "k");
    lab.run(50);
    await expect(lab.transcript("k")).toMatchFileSnapshot(file("torn-commit"));
  });

  it("a one-way cut lets the question through and loses the answer", async () => {
    const lab = SimulatedLab.ready(["A", "B", "C"]);
    lab.run(150);
    lab.act({ name: "cut", value: { from: C, to: A } });
    lab.put("A", "k", "v");
    lab.run(20);
    lab.act({ name: "heal", value: "cuts" });
    await expect(lab.transcript("k")).toMatchFileSnapshot(file("one-way-cut"));
  });
});
