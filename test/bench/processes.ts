/** Starting, finding and surely ending the processes a bench needs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const dist = join(import.meta.dirname, "..", "..", "dist", "main");
export const cliEntry = join(dist, "cli.js");
const workerEntry = join(dist, "worker.js");

/** Runs `body` with a fresh directory and a list of children that are ended afterwards, whatever happens. */
export async function withProcesses<T>(
  body: (dir: string, start: (command: string, args: readonly string[]) => ChildProcess) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  const children: ChildProcess[] = [];
  try {
    return await body(dir, (command, args) => {
      const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore"] });
      children.push(child);
      return child;
    });
  } finally {
    await Promise.all(
      children.map((child): Promise<unknown> => {
        if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        return gone;
      }),
    );
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function isInstalled(command: string): boolean {
  try {
    execFileSync("which", [command], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export function nodeArgs(index: number, ports: readonly number[], dir: string, preset = "lab"): string[] {
  return [
    workerEntry,
    `--node-id=node-${index + 1}`,
    `--port=${ports[index]}`,
    `--data-dir=${join(dir, `node-${index + 1}`)}`,
    `--preset=${preset}`,
    ...(index > 0 ? [`--seed-node=127.0.0.1:${ports[0]}`] : []),
  ];
}

/** Polls until `probe` is true. Throws after `limitMs` with `what`. Returns the milliseconds it took. */
export async function until(what: string, limitMs: number, probe: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  for (;;) {
    if (await probe()) return performance.now() - start;
    if (performance.now() - start > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type Members = Record<string, { status: string }>;

/** The members as the node at `port` sees them; empty while it does not answer. */
export async function membersAt(port: number): Promise<Members> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/gossip/members`, {
      signal: AbortSignal.timeout(1000),
    });
    return ((await answer.json()) as { cluster_members: Members }).cluster_members;
  } catch (error) {
    if (error instanceof Error) return {};
    throw error;
  }
}

export async function allSee(ports: readonly number[], count: number, status: string): Promise<boolean> {
  for (const port of ports) {
    const members = Object.values(await membersAt(port));
    if (members.filter((member) => member.status === status).length < count) return false;
  }
  return true;
}
