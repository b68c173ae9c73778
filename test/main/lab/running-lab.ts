/** A real lab over real node processes, and what tests look at. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Lab, type LabOptions, startLab } from "../../../main/lab/lab.ts";
import type {
  CommandName,
  CommandParams,
  CommandResults,
  LabConnection,
} from "../../../shared/contract/contract.ts";
import type { LabState, NodeState } from "../../../shared/contract/state.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { eventually } from "../../eventually.ts";

export { eventually };

export const workerEntry = join(import.meta.dirname, "../../../main/worker/main.ts");

export class RunningLab {
  readonly lab: Lab;
  readonly connection: LabConnection;
  readonly dataDir: string;
  /** Everything pushed so far, of every session. */
  readonly pushed: RecordedEvent[] = [];

  private constructor(lab: Lab, dataDir: string) {
    this.lab = lab;
    this.dataDir = dataDir;
    this.connection = lab.connect();
    this.connection.on("events", ({ events }) => this.pushed.push(...events));
  }

  static async start(options: Partial<LabOptions> = {}): Promise<RunningLab> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "lightcone-lab-"));
    const lab = await startLab({
      dataDir,
      nodes: 3,
      preset: "lab",
      opsPerSecond: 0,
      workerEntry,
      version: "0.0.0",
      ...options,
    });
    return new RunningLab(lab, dataDir);
  }

  async close(): Promise<void> {
    await this.lab.close();
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  call<Name extends CommandName>(name: Name, params: CommandParams<Name>): Promise<CommandResults[Name]> {
    return this.connection.call(name, params);
  }

  state(): Promise<LabState> {
    return this.call("lab.state", {});
  }

  async node(id: string): Promise<NodeState> {
    const node = (await this.state()).nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`no ${id}`);
    return node;
  }

  async pidOf(id: string): Promise<number> {
    const { pid } = await this.node(id);
    if (pid === null) throw new Error(`${id} has no process`);
    return pid;
  }

  /** All that is recorded of a session, the live one when none is named. */
  async recorded(id?: string): Promise<RecordedEvent[]> {
    const session = id ?? (await this.state()).session.id;
    const all: RecordedEvent[] = [];
    for (;;) {
      const { events, last } = await this.call("events.page", {
        session,
        after: all.at(-1)?.id ?? 0,
        limit: 20_000,
      });
      all.push(...events);
      if (events.length === 0 || all.at(-1)!.id >= last) return all;
    }
  }

  /** The lab's own acts of that name, oldest first. */
  async acts(name: string): Promise<RecordedEvent[]> {
    return (await this.recorded()).filter((event) => event.node === "lab" && event.name === name);
  }

  /** Waits until every node named believes exactly these to be alive, and knows that nobody is on the move. */
  async untilAlive(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await eventually(async () => {
        const { address } = await this.node(id);
        expect(await aliveAt(address)).toEqual([...ids].sort());
        expect(await askedAt(address, "/api/v1/topology")).toMatchObject({ settled: true });
      });
    }
  }
}

async function askedAt(address: string, path: string): Promise<unknown> {
  const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(60_000) });
  return response.json();
}

/** Who is alive, as this node believes. */
export async function aliveAt(address: string): Promise<string[]> {
  const { cluster_members: members } = (await askedAt(address, "/gossip/members")) as {
    cluster_members: Record<string, { status: string }>;
  };
  return Object.keys(members)
    .filter((id) => members[id]!.status === "alive")
    .sort();
}

/** A dead process that nobody has asked about yet (a zombie) does not run. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
