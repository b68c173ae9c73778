/** `lightcone lab` from its first line to its end, as the built command in a process of its own. */
import { skipped } from "../../skipped.ts";
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually, isRunning } from "../lab/running-lab.ts";
import { temporaryDir } from "../lab/temporary.ts";

const main = join(import.meta.dirname, "..", "..", "..", "main");
const start = join(main, "start.mjs");

/** A Node that cannot run the lab itself, as found on many machines: there the launcher starts a second process. */
const oldNode = ["/usr/bin/node", "/usr/local/bin/node"].find(
  (path) => Number(spawnSync(path, ["-p", "process.versions.napi"], { encoding: "utf8" }).stdout) < 10,
);

class LabCommand {
  readonly dataDir: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  stdout = "";
  stderr = "";
  readonly ended: Promise<unknown[]>;

  constructor(dataDir = temporaryDir(), flags: string[] = [], program: string[] = [process.execPath, start]) {
    this.dataDir = dataDir;
    const [command, ...args] = [
      ...program,
      "lab",
      "--host",
      "browser",
      "--no-open",
      "--nodes",
      "2",
      "--data-dir",
      dataDir,
      ...flags,
    ];
    this.child = spawn(command!, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = once(this.child, "close");
    onTestFinished(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
      await this.ended;
    });
  }

  /** Resolves with the pids of the nodes and of the process that holds them. */
  async running(): Promise<{ lab: number; nodes: number[] }> {
    await eventually(() => expect(this.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=\S+$/m));
    const { stdout } = spawnSync(process.execPath, [start, "call", "lab.state", "--data-dir", this.dataDir], {
      encoding: "utf8",
    });
    const nodes = (JSON.parse(stdout) as { nodes: { pid: number }[] }).nodes.map(({ pid }) => pid);
    const stat = spawnSync("ps", ["-o", "ppid=", "-p", String(nodes[0])], { encoding: "utf8" }).stdout;
    return { lab: Number(stat), nodes };
  }

  call(name: string, params = "{}") {
    return spawnSync(process.execPath, [start, "call", name, params, "--data-dir", this.dataDir]);
  }
}

const leftovers = (dataDir: string) => [
  ...readdirSync(join(dataDir, "nodes")),
  ...readdirSync(join(dataDir, "sessions")).filter((name) => !name.endsWith(".lightcone")),
];

describe.skipIf(skipped(process.platform === "win32", "Windows has no such signals"))(
  "the ends of lightcone lab",
  () => {
    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends everything in order", async (signal) => {
      const lab = new LabCommand();
      const { nodes } = await lab.running();
      lab.child.kill(signal);
      expect(await lab.ended).toEqual([0, null]);
      expect(nodes.filter(isRunning)).toEqual([]);
      expect(leftovers(lab.dataDir)).toEqual([]);
    });

    it("one press that arrives as three signals is one press", async () => {
      const lab = new LabCommand();
      await lab.running();
      // Three of a kind at once would be merged by the system, and some time apart depend on who runs when.
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) lab.child.kill(signal);
      expect(await lab.ended).toEqual([0, null]);
      expect(leftovers(lab.dataDir)).toEqual([]);
    });

    it("the end of the shell that npm started it in is its own", async () => {
      const line = `npm_lifecycle_event=start "${process.execPath}" "${join(main, "node.mjs")}" main/start.mjs "$@"; exit`;
      const lab = new LabCommand(temporaryDir(), [], ["sh", "-c", line, "sh"]);
      const { lab: pid, nodes } = await lab.running();
      lab.child.kill("SIGTERM");
      await eventually(() => expect([pid, ...nodes].filter(isRunning)).toEqual([]));
      expect(leftovers(lab.dataDir)).toEqual([]);
    });

    const launchers = {
      SIGINT: (pid: number) => process.kill(-pid, "SIGINT"),
      SIGTERM: (pid: number) => process.kill(pid, "SIGTERM"),
      SIGKILL: (pid: number) => process.kill(pid, "SIGKILL"),
    };
    it
      .skipIf(skipped(oldNode === undefined, "this machine has no Node older than 24 of its own"))
      .each(Object.entries(launchers))(
      "behind a launcher: %s leaves nothing, not even a paused node",
      async (signal, end) => {
        const lab = new LabCommand(temporaryDir(), [], [oldNode!, join(main, "node.mjs"), "main/start.mjs"]);
        const { lab: pid, nodes } = await lab.running();
        expect(pid).not.toBe(lab.child.pid);
        expect(lab.call("node.pause", '{"node":"node-2"}').status).toBe(0);
        end(lab.child.pid!);
        const [code] = await lab.ended;
        expect(code).toBe(signal === "SIGKILL" ? null : 0);
        await eventually(() => expect([pid, ...nodes].filter(isRunning)).toEqual([]));
        expect(leftovers(lab.dataDir)).toEqual([]);
      },
    );
  },
);

async function refusal(lab: LabCommand) {
  const [code] = await lab.ended;
  expect(lab.stderr.trimEnd().split("\n")).toHaveLength(1);
  return { code, stderr: lab.stderr, stdout: lab.stdout };
}

describe.skipIf(skipped(process.platform === "win32", "the paths are those of POSIX"))(
  "lightcone lab on a place it cannot use",
  () => {
    it("a file instead of a folder", async () => {
      const file = join(temporaryDir(), "file");
      writeFileSync(file, "");
      const { code, stderr } = await refusal(new LabCommand(file));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The lab cannot use the folder .*choose another with --data-dir\.$/m);
    });

    it.skipIf(skipped(process.platform !== "linux", "there is no /proc"))(
      "a place where folders cannot be made",
      async () => {
        const { code, stderr } = await refusal(new LabCommand("/proc/nowhere/lab"));
        expect(code).toBe(1);
        expect(stderr).toMatch(/^The lab cannot use the folder/);
      },
    );

    it("one where its address cannot be left: it ends, and leaves nothing behind", async () => {
      const dataDir = temporaryDir();
      mkdirSync(join(dataDir, "running.json"));
      const { code, stderr } = await refusal(new LabCommand(dataDir));
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot write .*running\.json/);
      expect(leftovers(dataDir)).toEqual([]);
    });

    it("another lab's", async () => {
      const first = new LabCommand();
      await first.running();
      const { code, stderr } = await refusal(new LabCommand(first.dataDir));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Another lab is running on/);
      expect(first.call("lab.state").status).toBe(0);
    });

    it("a disk that takes no node: it says so and shows what there is", async () => {
      const limited = [
        "/bin/sh",
        "-c",
        'trap "" XFSZ; ulimit -f 900; exec "$0" "$@"',
        process.execPath,
        start,
      ];
      const lab = new LabCommand(temporaryDir(), [], limited);
      await eventually(() => expect(lab.stdout).toMatch(/#token=/));
      expect(lab.stdout).toMatch(/^0 nodes are running\. node-1 is not: .*node-2 is not: /);
      lab.child.kill("SIGTERM");
      expect(await lab.ended).toEqual([0, null]);
      expect(leftovers(lab.dataDir)).toEqual([]);
    });

    it("a port that is taken", async () => {
      const other = createServer().listen(0, "127.0.0.1");
      onTestFinished(() => void other.close());
      await once(other, "listening");
      const { port } = other.address() as { port: number };
      const { code, stderr } = await refusal(new LabCommand(temporaryDir(), ["--port", String(port)]));
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^Port ${port} is in use`));
    });
  },
);
