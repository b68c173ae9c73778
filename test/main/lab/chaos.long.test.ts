/** Minutes of load on real processes with a fault every few seconds: what was acknowledged is there afterwards. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabError } from "../../../shared/contract/errors.ts";
import { eventually } from "../../eventually.ts";
import { RunningLab } from "./running-lab.ts";

const minutes = 5;
const faultEveryMs = 4_000;
const seed = 20_261_121;

const nodes = ["node-1", "node-2", "node-3", "node-4", "node-5"];

/** A small generator of its own, so that a failing run can be repeated with the same faults. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("five nodes under load and faults", () => {
  let lab: RunningLab;
  beforeAll(async () => {
    lab = await RunningLab.start({ nodes: 5 });
    await lab.untilAlive(nodes);
  });
  afterAll(() => lab.close());

  it(`keep every acknowledged write through ${minutes} minutes`, async () => {
    const random = randomFrom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const acknowledged = new Map<string, string>();
    const end = performance.now() + minutes * 60_000;
    let refused = 0;
    let faults = 0;

    const write = async (client: number) => {
      for (let n = 0; performance.now() < end; n++) {
        const [key, value] = [`client-${client}:${n}`, `value ${n}`];
        try {
          await lab.call("data.put", { node: pick(nodes), key, value });
          acknowledged.set(key, value);
        } catch (error) {
          if (!(error instanceof LabError)) throw error;
          refused++;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };

    const breakThings = async () => {
      while (performance.now() < end) {
        const node = pick(nodes);
        const half = faultEveryMs / 2;
        const pause = () => new Promise((resolve) => setTimeout(resolve, half));
        faults++;
        switch (pick(["kill", "pause", "halves", "isolate", "stop"])) {
          case "kill":
            await lab.call("node.kill", { node });
            await pause();
            await lab.call("node.restart", { node, clock: "keep" });
            break;
          case "stop":
            await lab.call("node.stop", { node });
            await pause();
            await lab.call("node.restart", { node, clock: "keep" });
            break;
          case "pause":
            await lab.call("node.pause", { node });
            await pause();
            await lab.call("node.resume", { node });
            break;
          case "halves":
            await lab.call("partition.make", { kind: "halves" });
            await pause();
            await lab.call("partition.heal", {});
            break;
          default:
            await lab.call("partition.make", { kind: "isolate", node });
            await pause();
            await lab.call("partition.heal", {});
        }
        await pause();
      }
    };

    await Promise.all([write(1), write(2), write(3), write(4), breakThings()]);
    await lab.untilAlive(nodes);

    const lost: string[] = [];
    for (const [key, value] of acknowledged) {
      await eventually(async () => {
        const { values } = await lab.call("data.get", { node: pick(nodes), key });
        if (!values.some((version) => version.value === value)) lost.push(key);
      });
    }
    process.stdout.write(
      `seed ${seed}: ${acknowledged.size} acknowledged, ${refused} refused, ${faults} faults, ${lost.length} lost\n`,
    );
    expect(lost).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(1000);
    expect(faults).toBeGreaterThan(20);
  });
});
