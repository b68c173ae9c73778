/**
 * The life of a node process, from its options to its exit code.
 *
 * It ends in one of four ways: asked to (SIGINT, SIGTERM, POST /gossip/leave, the lab): it leaves the cluster, flushes
 * and exits 0; asked twice: at once; the lab's line closes: at once, for nobody would be left to end it; it cannot go
 * on: one sentence on stderr, exit code 1. Wrong options, a merge function that breaks a law included, are exit code 2.
 * SIGKILL needs no ending at all.
 */
import { isNodeId } from "../../shared/ids.ts";
import { SchemaError } from "../../shared/runtime/schema.ts";
import { LogError } from "../storage/log/transaction-log.ts";
import { NodeStoreError } from "../storage/node-store-error.ts";
import { RecoveryError } from "../storage/recovery/recovery-error.ts";
import { SnapshotError } from "../storage/snapshots/snapshot-store.ts";
import { VectorClockStoreError } from "../storage/clocks/vector-clock-store.ts";
import type { LabToNode } from "./control.ts";
import { ControlLine } from "./control-line.ts";
import { MergeFileError } from "./merges/merge-function.ts";
import { onInterrupts } from "./interrupts.ts";
import { startNode, type RunningNode } from "./node.ts";
import type { NodeOptions } from "./options.ts";
import { ListenError } from "./server.ts";
import { TraceStream } from "./trace-stream.ts";

/** The core bounds its own goodbye; this is for a disk or a peer that holds it up. */
const leaveTimeoutMs = 5_000;
const leavePollMs = 10;
const linkCountsIntervalMs = 1_000;

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** Runs a node until it ends; resolves with the exit code. Takes over SIGINT and SIGTERM of the process. */
export function runNode(options: NodeOptions): Promise<number> {
  return new Promise((resolve) => {
    let running: RunningNode | undefined;
    let line: ControlLine | undefined;
    let isEnding = false;

    const fail = async (error: unknown) => {
      const message = sentenceOf(error);
      say(message);
      line?.send({ kind: "failed", message });
      await line?.end();
      resolve(error instanceof MergeFileError ? 2 : 1);
    };
    const end = async (leave: boolean) => {
      if (isEnding) return;
      isEnding = true;
      if (running === undefined) process.exit(0);
      try {
        await goodbye(running, leave);
        reportLinks(running, line);
        await line?.end();
        await running.close();
        resolve(0);
      } catch (error) {
        await fail(error);
      }
    };
    const start = async () => {
      onInterrupts(
        ["SIGINT", "SIGTERM"],
        () => void end(true),
        () => process.exit(130),
      );
      const early: LabToNode[] = [];
      if (options.controlFd !== null) {
        line = new ControlLine(options.controlFd, {
          received: (message) => {
            if (running === undefined) early.push(message);
            else obey(message, running, line, end);
          },
          closed: () => process.exit(0),
        });
      }
      running = await startNode(options, {
        leave: () => void end(true),
        failed: (error) => void fail(error),
        counted: (seen) => line?.send({ kind: "seen", seen }),
        notice: say,
      });
      // The lab cuts links before a node is up: they must hold before it speaks to anybody.
      for (const message of early) obey(message, running, line, end);
      if (line !== undefined) attach(running, line);
      process.stdout.write(
        `${running.node} serves http://${running.address} (data in ${options.dataDir}, pid ${process.pid})\n`,
      );
    };
    start().catch(fail);
  });
}

function attach({ host, life, peers, store, replica }: RunningNode, line: ControlLine): void {
  const stream = new TraceStream(life, line, store.eventsAfter);
  host.onEvents((events) => stream.push(events));
  line.send({ kind: "ready", life, pid: process.pid });
  const timer = setInterval(() => {
    if (replica.hasLeft) clearInterval(timer);
    else line.send({ kind: "links", counts: peers.linkCounts() });
  }, linkCountsIntervalMs);
  timer.unref();
}

function reportLinks({ peers }: RunningNode, line: ControlLine | undefined): void {
  line?.send({ kind: "links", counts: peers.linkCounts() });
}

function obey(
  message: LabToNode,
  running: RunningNode,
  line: ControlLine | undefined,
  end: (leave: boolean) => Promise<void>,
): void {
  switch (message.kind) {
    case "links":
      running.peers.setLinks(message.links);
      reportLinks(running, line);
      break;
    case "rules":
      running.peers.setRules(message.rules, message.clogged);
      break;
    case "fence":
      void running.host.flushed().then(() => line?.send(message));
      break;
    case "evict":
      if (isNodeId(message.node)) running.host.input({ kind: "evict", node: message.node });
      break;
    case "disk":
      running.disk.arm(message.fault);
      break;
    case "wall":
      running.host.input({ kind: "wall", offset: message.offset, driftPpm: message.driftPpm });
      break;
    case "freeze":
      running.host.freeze();
      break;
    case "thaw":
      running.host.thaw();
      break;
    case "stop":
      void end(message.leave);
      break;
  }
}

/** Announces the leave, waits until the core is done with it, and has everything flushed. */
async function goodbye({ host, replica }: RunningNode, leave: boolean): Promise<void> {
  host.thaw();
  if (leave) {
    host.input({ kind: "leave" });
    const latest = performance.now() + leaveTimeoutMs;
    while (!replica.hasLeft && performance.now() < latest) {
      await new Promise((done) => setTimeout(done, leavePollMs));
    }
  }
  await host.flushed();
}

function sentenceOf(error: unknown): string {
  const isExpected =
    error instanceof ListenError ||
    error instanceof MergeFileError ||
    error instanceof NodeStoreError ||
    error instanceof LogError ||
    error instanceof RecoveryError ||
    error instanceof SnapshotError ||
    error instanceof SchemaError ||
    error instanceof VectorClockStoreError;
  if (isExpected) return error.message;
  return `The node failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
