import { skipped } from "../../skipped.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SessionFile } from "../../../main/lab/session-file.ts";
import { eventually, isRunning, RunningLab, workerEntry } from "./running-lab.ts";
import { temporaryDir } from "./temporary.ts";

/** How a lab can die without being asked. SIGINT goes to the whole foreground group, as from Ctrl+C. */
const deaths = {
  "SIGKILL of the lab": (lab: number) => process.kill(lab, "SIGKILL"),
  "Ctrl+C in its terminal": (lab: number) => process.kill(-lab, "SIGINT"),
};

it.skipIf(skipped(process.platform === "win32", "Windows has no such signals")).each(Object.entries(deaths))(
  "%s leaves no process behind, not even a stopped one",
  async (_name, die) => {
    const dataDir = temporaryDir();
    const lab = spawn(
      process.execPath,
      [fileURLToPath(new URL("lab-process.ts", import.meta.url)), dataDir, workerEntry],
      {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
      },
    );
    const ended = once(lab, "close");
    const [line] = (await once(lab.stdout.setEncoding("utf8"), "data")) as [string];
    const { pids, session } = JSON.parse(line) as { pids: number[]; session: string };
    expect(pids.filter(isRunning)).toEqual(pids);
    if (process.platform === "linux") expect(readFileSync(`/proc/${pids[1]}/stat`, "utf8")).toMatch(/\) T /);
    die(lab.pid!);
    await ended;
    await eventually(() => expect(pids.filter(isRunning)).toEqual([]));

    const file = SessionFile.open(session, true);
    expect(file.page(0, 20_000).some((event) => event.name === "pause")).toBe(true);
    file.close();
  },
);

/** Living children of a process, as Linux lists them. */
function childrenOf(parent: number): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return ppid === parent && command !== "" ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}

describe("the ends of a lab", () => {
  it("close leaves no process, and a session that the next lab finds", async () => {
    const lab = await RunningLab.start({ nodes: 2, opsPerSecond: 20 });
    await lab.call("node.pause", { node: "node-2" });
    const { nodes, session } = await lab.state();
    await expect(RunningLab.start({ dataDir: lab.dataDir })).rejects.toMatchObject({ code: "wrong_state" });
    const connected: boolean[] = [];
    lab.connection.onConnected((isConnected) => connected.push(isConnected));
    await lab.lab.close();
    for (const { pid } of nodes) expect(isRunning(pid!)).toBe(false);
    expect(connected).toEqual([false]);
    await expect(lab.call("lab.state", {})).rejects.toMatchObject({ code: "unreachable" });

    const next = await RunningLab.start({ dataDir: lab.dataDir, nodes: 1 });
    const { sessions } = await next.call("session.list", {});
    expect(sessions.find(({ id }) => id === session.id)?.events).toBeGreaterThanOrEqual(session.events);
    await next.close();
  });

  it("a worker that cannot run fails each node with its sentence, and the lab still answers", async () => {
    const lab = await RunningLab.start({
      nodes: 2,
      workerEntry: fileURLToPath(new URL("broken-worker.ts", import.meta.url)),
    });
    const { nodes } = await lab.state();
    expect(nodes.map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect(nodes[0]!.error).toBe("Error: This worker is broken.");
    await lab.close();
  });

  it("a new cluster that cannot begin its session leaves the old one running", async () => {
    const lab = await RunningLab.start({ nodes: 1 });
    const before = await lab.state();
    renameSync(join(lab.dataDir, "sessions"), join(lab.dataDir, "moved"));
    await expect(lab.call("cluster.new", { nodes: 1, preset: "lab" })).rejects.toMatchObject({
      code: "internal",
    });
    renameSync(join(lab.dataDir, "moved"), join(lab.dataDir, "sessions"));
    const after = await lab.state();
    expect(after.session.id).toBe(before.session.id);
    expect(after.nodes.map(({ pid }) => pid)).toEqual(before.nodes.map(({ pid }) => pid));
    await lab.call("note", { text: "still recording" });
    expect(await lab.acts("note")).toHaveLength(1);
    await lab.close();
  });

  it("a restart that is overtaken by a new cluster starts no process nobody would end", async () => {
    const lab = await RunningLab.start({ nodes: 2 });
    const old = lab.lab.connect();
    const pid = await lab.pidOf("node-2");
    const restarts = [1, 2, 3].map(() => old.call("node.restart", { node: "node-2" }));
    const settled = Promise.allSettled(restarts);
    await lab.call("cluster.new", { nodes: 1, preset: "lab" });
    const results = await settled;
    expect(results.some(({ status }) => status === "rejected")).toBe(true);
    const [node] = (await lab.state()).nodes;
    expect(childrenOf(process.pid).filter((child) => child.command.includes("--node-id"))).toEqual([
      expect.objectContaining({ pid: node!.pid }),
    ]);
    expect(isRunning(pid)).toBe(false);
    await lab.close();
  });

  it("a node whose database is no database fails with a sentence; the lab goes on", async () => {
    const lab = await RunningLab.start({ nodes: 2 });
    const { dataDir } = await lab.node("node-2");
    await lab.call("node.kill", { node: "node-2" });
    for (const file of readdirSync(dataDir)) {
      if (file.includes(".db") || file.includes("sqlite")) {
        writeFileSync(
          join(dataDir, file),
          "this is not a database, and long enough to be read as one".repeat(40),
        );
      }
    }
    await expect(lab.call("node.restart", { node: "node-2" })).rejects.toMatchObject({ code: "node_failed" });
    expect((await lab.node("node-2")).error).toMatch(/\S/);
    expect((await lab.node("node-1")).status).toBe("running");
    await lab.close();
  });
});
