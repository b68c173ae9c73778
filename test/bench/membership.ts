/** How fast a cluster forms and how fast it notices a death, beside Serf where that is installed. */
import { execFileSync } from "node:child_process";
import { allSee, freePorts, isInstalled, membersAt, nodeArgs, until, withProcesses } from "./processes.ts";
import { median, report } from "./report.ts";

const rounds = 5;

async function formOnce(nodes: number): Promise<number> {
  const ports = await freePorts(nodes);
  return withProcesses(async (dir, start) => {
    const from = performance.now();
    for (let index = 0; index < nodes; index++) start(process.execPath, nodeArgs(index, ports, dir));
    await until("five alive", 20_000, () => allSee(ports, nodes, "alive"));
    return performance.now() - from;
  });
}

async function detectOnce(nodes: number): Promise<number> {
  const ports = await freePorts(nodes);
  return withProcesses(async (dir, start) => {
    const children = ports.map((_, index) => start(process.execPath, nodeArgs(index, ports, dir)));
    await until("five alive", 20_000, () => allSee(ports, nodes, "alive"));
    await new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 500));
    const victim = 1 + Math.floor(Math.random() * (nodes - 1));
    const survivors = ports.filter((_, index) => index !== victim);
    children[victim]!.kill("SIGKILL");
    return until("dead in every view", 20_000, async () => {
      for (const port of survivors) {
        const members = await membersAt(port);
        if (members[`node-${victim + 1}`]?.status !== "dead") return false;
      }
      return true;
    });
  });
}

/** Serf's agents with the profile named, from the first start until all see all; then one is killed. */
async function serf(nodes: number, profile: string): Promise<{ formMs: number; detectMs: number }> {
  const ports = await freePorts(nodes * 2);
  const rpc = (index: number) => `127.0.0.1:${ports[nodes + index]}`;
  const membersOf = (index: number): { name: string; status: string }[] => {
    try {
      const text = execFileSync("serf", ["members", "-format=json", `-rpc-addr=${rpc(index)}`], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return (JSON.parse(text.toString()) as { members: { name: string; status: string }[] }).members;
    } catch (error) {
      if (error instanceof Error) return [];
      throw error;
    }
  };
  return withProcesses(async (_dir, start) => {
    const from = performance.now();
    const children = Array.from({ length: nodes }, (_, index) =>
      start("serf", [
        "agent",
        `-node=node-${index + 1}`,
        `-bind=127.0.0.1:${ports[index]}`,
        `-rpc-addr=${rpc(index)}`,
        `-profile=${profile}`,
        ...(index > 0 ? [`-retry-join=127.0.0.1:${ports[0]}`, "-retry-interval=1s"] : []),
      ]),
    );
    const indices = children.map((_, index) => index);
    await until("Serf: all alive", 30_000, async () =>
      indices.every(
        (index) => membersOf(index).filter((member) => member.status === "alive").length === nodes,
      ),
    );
    const formMs = performance.now() - from;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    children[nodes - 1]!.kill("SIGKILL");
    const detectMs = await until("Serf: failed in every view", 60_000, async () =>
      indices
        .slice(0, -1)
        .every(
          (index) => membersOf(index).find((member) => member.name === `node-${nodes}`)?.status === "failed",
        ),
    );
    return { formMs, detectMs };
  });
}

async function repeat(run: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push(await run());
  return values;
}

const hasSerf = isInstalled("serf");

export async function formFive(): Promise<void> {
  const values = await repeat(() => formOnce(5));
  const peer = hasSerf ? { peer: { name: "serf", value: (await serf(5, "local")).formMs } } : {};
  report({
    bench: "form-5",
    value: median(values),
    unit: "ms",
    target: 1000,
    better: "lower",
    detail: { worst: Math.round(Math.max(...values)), rounds },
    ...peer,
  });
}

export async function detectKill(): Promise<void> {
  const values = await repeat(() => detectOnce(5));
  const peer = hasSerf ? { peer: { name: "serf local", value: (await serf(5, "local")).detectMs } } : {};
  report({
    bench: "detect-kill",
    value: Math.max(...values),
    unit: "ms",
    target: 2000,
    better: "lower",
    detail: { median: Math.round(median(values)), rounds },
    ...peer,
  });
}

/** Convictions nobody deserved, over `minutes` of five nodes left alone; with `busy`, both cores are kept at work. */
async function falseConvictions(bench: string, minutes: number, busy: boolean): Promise<void> {
  const ports = await freePorts(5);
  const spin = "const t=Date.now()+9e6;while(Date.now()<t);";
  const worst = await withProcesses(async (dir, start) => {
    ports.forEach((_, index) => start(process.execPath, nodeArgs(index, ports, dir)));
    await until("five alive", 20_000, () => allSee(ports, 5, "alive"));
    if (busy) for (let core = 0; core < 2; core++) start(process.execPath, ["-e", spin]);
    const end = performance.now() + minutes * 60_000;
    let convictions = 0;
    const counted = new Set<string>();
    while (performance.now() < end) {
      for (const port of ports) {
        for (const [node, member] of Object.entries(await membersAt(port))) {
          const view = `${port}:${node}`;
          if (member.status === "dead" && !counted.has(view)) convictions++;
          if (member.status === "dead") counted.add(view);
          else counted.delete(view);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return convictions;
  });
  report({ bench, value: worst, unit: "convictions", target: 0, better: "lower", detail: { minutes } });
}

export const calm = () => falseConvictions("calm-10min", 10, false);
export const busy = () => falseConvictions("busy-10min", 10, true);
