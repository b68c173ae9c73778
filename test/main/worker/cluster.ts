/**
 * Real node processes for tests: started on free ports from the sources, spoken to over HTTP, ended by their ids.
 * Everything waits for a state, never for a time.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { holdPorts } from "../../../main/lab/ports.ts";
import type { LabToNode, NodeToLab } from "../../../main/worker/control.ts";
import { encodeFrame, FrameDecoder } from "../../../main/worker/frames.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

const fromSource = resolve(import.meta.dirname, "../../../main/worker/main.ts");
const fromBuild = resolve(import.meta.dirname, "../../../dist/main/worker.js");

/** For tests of anything but failure detection: however long the machine stands still, nobody is convicted. */
export const patient = '--membership={"suspicionMult":1000}';

/** A port that nobody takes while its node is down: no connection's near end, and no other test's node. */
export async function freePort(): Promise<number> {
  const [held] = await holdPorts(1);
  return held!.port;
}

/** Asks again until `probe` gives something; fails with what it was waiting for. */
export async function eventually<Result>(
  what: string,
  probe: () => Result | undefined | false | Promise<Result | undefined | false>,
  withinMs = 60_000,
): Promise<Result> {
  const latest = Date.now() + withinMs;
  for (;;) {
    let last: unknown;
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > latest) throw new Error(`waited ${withinMs} ms for ${what}`, { cause: last });
    await new Promise((done) => setTimeout(done, 20));
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface NodeSettings {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Opens the lab's line on descriptor 3. */
  readonly control?: boolean;
  /** Runs what was built instead of the sources: it starts in a quarter of the time. */
  readonly built?: boolean;
}

/** One node process, from its start to its end. */
export class TestNode {
  readonly id: string;
  readonly port: number;
  readonly dataDir: string;
  readonly process: ChildProcess;
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  /** What came over the lab's line. */
  readonly received: NodeToLab[] = [];
  stdout = "";
  stderr = "";
  #fences = 0;

  constructor(id: string, port: number, dataDir: string, settings: NodeSettings) {
    this.id = id;
    this.port = port;
    this.dataDir = dataDir;
    const flags = [`--node-id=${id}`, `--port=${port}`, `--data-dir=${dataDir}`, "--preset=lab"];
    // A slow answer is an answer: who asks waits longer than the usual 2 s.
    const patience = ["--request-timeout=30000"];
    const entry = settings.built ? fromBuild : fromSource;
    const control = settings.control ? ["--control-fd=3"] : [];
    this.process = spawn(
      process.execPath,
      [entry, ...flags, ...patience, ...control, ...(settings.flags ?? [])],
      {
        stdio: ["ignore", "pipe", "pipe", settings.control ? "pipe" : "ignore"],
        env: { ...process.env, ...settings.env },
      },
    );
    this.process.stdout!.on("data", (chunk) => (this.stdout += String(chunk)));
    this.process.stderr!.on("data", (chunk) => (this.stderr += String(chunk)));
    this.exit = new Promise((done) => this.process.once("close", (code, signal) => done({ code, signal })));
    if (settings.control) {
      const decoder = new FrameDecoder();
      this.line.on("data", (chunk) => this.received.push(...(decoder.push(chunk) as NodeToLab[])));
      this.line.on("error", () => undefined);
    }
  }

  get line() {
    return this.process.stdio[3] as Socket;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  tell(message: LabToNode): void {
    this.line.write(encodeFrame(message));
  }

  /** Resolves when what was told before is in force and what happened before is in `events`: HTTP may overtake both. */
  async fence(): Promise<void> {
    const number = ++this.#fences;
    this.tell({ kind: "fence", number });
    await eventually(`${this.id} to do as it was told`, () =>
      this.received.some((message) => message.kind === "fence" && message.number === number),
    );
  }

  /** Events that came over the lab's line. */
  get events(): TraceEvent[] {
    return this.received.flatMap((message) => (message.kind === "events" ? message.events : []));
  }

  async ready(): Promise<this> {
    await Promise.race([
      eventually(`${this.id} to be ready`, () => this.stdout.includes(" serves ")),
      this.exit.then(({ code }) => {
        throw new Error(`${this.id} ended with ${code}: ${this.stderr}`);
      }),
    ]);
    return this;
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`http://${this.address}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : { text }) as Answer["body"],
    };
  }

  put(key: string, value: string, context?: Record<string, number>, query = ""): Promise<Answer> {
    const path = `/api/v1/data/${encodeURIComponent(key)}${query}`;
    return this.request("PUT", path, { value, ...(context === undefined ? {} : { context }) });
  }

  get(key: string, query = ""): Promise<Answer> {
    return this.request("GET", `/api/v1/data/${encodeURIComponent(key)}${query}`);
  }

  /** Status of every member as this node believes it, e.g. { "node-2": "dead" }. */
  async beliefs(): Promise<Record<string, string>> {
    const { body } = await this.request("GET", "/gossip/members");
    const members = body["cluster_members"] as Record<string, { status: string }>;
    return Object.fromEntries(Object.entries(members).map(([id, { status }]) => [id, status]));
  }

  /** Whose ranges count, as this node sees the ring. */
  async ring(): Promise<string[]> {
    const { body } = await this.request("GET", "/api/v1/ring");
    return Object.keys(body["nodes"] as object);
  }

  async signal(name: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }> {
    this.process.kill(name);
    return this.exit;
  }
}

/** Nodes and directories of one test; `end` leaves nothing behind. */
export class TestCluster {
  readonly root = mkdtempSync(join(tmpdir(), "lightcone-nodes-"));
  readonly started: TestNode[] = [];

  /** Starts a node process, without waiting for it. */
  spawn(id: string, port: number, settings: NodeSettings = {}, dataDir = join(this.root, id)): TestNode {
    const node = new TestNode(id, port, dataDir, settings);
    this.started.push(node);
    return node;
  }

  async start(id: string, settings: NodeSettings = {}): Promise<TestNode> {
    return this.spawn(id, await freePort(), settings).ready();
  }

  /** The same node again, on the same port and directory. */
  async restart(node: TestNode, settings: NodeSettings = {}): Promise<TestNode> {
    await node.exit;
    return this.spawn(node.id, node.port, settings, node.dataDir).ready();
  }

  /** `count` nodes called node-1 …, all joined through the first, everybody seeing everybody alive. */
  async startMany(count: number, settings: NodeSettings = {}): Promise<TestNode[]> {
    const ports: number[] = [];
    while (ports.length < count) ports.push(await freePort());
    const seed = `--seed-node=127.0.0.1:${ports[0]}`;
    const nodes = ports.map((port, index) =>
      this.spawn(`node-${index + 1}`, port, {
        ...settings,
        flags: [...(index === 0 ? [] : [seed]), ...(settings.flags ?? [])],
      }),
    );
    await Promise.all(nodes.map((node) => node.ready()));
    await this.allAlive(nodes);
    return nodes;
  }

  /** Everybody is believed alive by everybody, and has its place in everybody's ring: it comes there step by step. */
  async allAlive(nodes: readonly TestNode[]): Promise<void> {
    await eventually(`${nodes.length} nodes to see each other alive`, async () => {
      const views = await Promise.all(nodes.map((node) => node.beliefs()));
      return views.every((view) => nodes.every(({ id }) => view[id] === "alive"));
    });
    await eventually(`${nodes.length} nodes to see each other on the ring`, async () => {
      const rings = await Promise.all(nodes.map((node) => node.ring()));
      return rings.every((ring) => nodes.every(({ id }) => ring.includes(id)));
    });
  }

  async end(): Promise<void> {
    for (const { process } of this.started) process.kill("SIGKILL");
    await Promise.all(this.started.map(({ exit }) => exit));
    rmSync(this.root, { recursive: true, force: true });
  }
}
