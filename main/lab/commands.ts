/** The dispatch table: one line of work for every command of the contract, and what Ctrl+Z does about it. */
import { isDeepStrictEqual } from "node:util";
import type { CommandName, CommandParams, CommandResults } from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { LabState } from "../../shared/contract/state.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import type { Cluster } from "./cluster.ts";
import { compareKeys } from "./compare.ts";
import { diskHandlers } from "./disk-commands.ts";
import { type DataRequest, sendData } from "./data.ts";
import type { Sessions } from "./sessions.ts";
import type { Studio } from "./studio.ts";

/** What commands work on. `cluster` is the one that runs now. */
export interface CommandContext {
  readonly cluster: () => Cluster;
  readonly sessions: Sessions;
  readonly state: () => LabState;
  readonly newCluster: (params: CommandParams<"cluster.new">) => Promise<void>;
  readonly studio: Studio;
}

export type Handlers = {
  readonly [Name in CommandName]: (
    params: CommandParams<Name>,
  ) => CommandResults[Name] | Promise<CommandResults[Name]>;
};

const done: Record<string, never> = {};

export function createHandlers(context: CommandContext): Handlers {
  return {
    ...clusterHandlers(context),
    ...networkHandlers(context),
    ...dataHandlers(context),
    ...diskHandlers(context),
    ...sessionHandlers(context),
    ...context.studio.handlers,
  };
}

function clusterHandlers({ cluster, state, newCluster }: CommandContext) {
  return {
    "lab.state": () => state(),
    "cluster.new": async (params) => {
      await newCluster(params);
      return done;
    },
    "node.kill": async ({ node }) => {
      const { faults, undo, supervisor } = cluster();
      await faults.kill(node);
      undo.push({
        words: `Restart ${node}`,
        stands: () => supervisor.statusOf(node) === "killed",
        undo: () => faults.restart(node, "keep"),
      });
      return done;
    },
    "node.pause": async ({ node }) => {
      const { faults, undo, supervisor } = cluster();
      await faults.pause(node);
      undo.push({
        words: `Resume ${node}`,
        stands: () => supervisor.statusOf(node) === "paused",
        undo: () => faults.resume(node),
      });
      return done;
    },
    "node.resume": async ({ node }) => {
      const { faults, undo, supervisor } = cluster();
      await faults.resume(node);
      undo.push({
        words: `Pause ${node} again`,
        stands: () => supervisor.statusOf(node) === "running",
        undo: () => faults.pause(node),
      });
      return done;
    },
    "node.stop": async ({ node }) => {
      const { faults, undo, supervisor } = cluster();
      await faults.stop(node);
      undo.push({
        words: `Start ${node} again`,
        stands: () => supervisor.statusOf(node) === "stopped",
        undo: () => faults.restart(node, "keep"),
      });
      return done;
    },
    "node.restart": async ({ node, clock, clockStore, storage = {} }) => {
      await cluster().faults.restart(node, clock ?? "keep", {
        ...(clockStore !== undefined && { clockStore }),
        storage: withoutAbsent(storage),
      });
      return done;
    },
    "node.add": async () => {
      const { faults, undo, supervisor } = cluster();
      const node = await faults.add();
      undo.push({
        words: `Remove ${node}`,
        stands: () => supervisor.statusOf(node) !== undefined,
        undo: () => faults.remove(node),
      });
      return { node };
    },
    "node.remove": async ({ node }) => {
      await cluster().faults.remove(node);
      return done;
    },
    "node.wipe": async ({ node }) => {
      await cluster().faults.wipe(node);
      return done;
    },
    undo: async () => ({ undone: await cluster().undo.undo() }),
  } satisfies Partial<Handlers>;
}

function networkHandlers({ cluster }: CommandContext) {
  return {
    "link.set": ({ from, to, settings }) => {
      const { network, supervisor, undo } = cluster();
      const before = network.settings(from, to);
      network.setLink(from, to, withoutAbsent(settings));
      const after = network.settings(from, to);
      undo.push({
        words: `Set the link ${from} → ${to} back`,
        stands: () =>
          supervisor.has(from) && supervisor.has(to) && isDeepStrictEqual(network.settings(from, to), after),
        undo: () => network.setLink(from, to, before),
      });
      return done;
    },
    "partition.make": (params) => {
      const { network, undo } = cluster();
      const before = network.snapshot();
      const { cut } = network.makePartition(params);
      undo.push({
        words: before.partition === null ? "Heal the partition" : "Bring back the partition before",
        stands: () => isDeepStrictEqual(network.partition?.cut, cut),
        undo: () => network.restore(before),
      });
      return done;
    },
    "partition.heal": ({ all }) => {
      const { network, undo } = cluster();
      const before = network.snapshot();
      network.heal(all ?? false);
      const after = JSON.stringify([...network.snapshot().settings]);
      if (before.settings.size > 0) {
        undo.push({
          words: "Cut the links again",
          stands: () => JSON.stringify([...network.snapshot().settings]) === after,
          undo: () => network.restore(before),
        });
      }
      return done;
    },
    "load.set": ({ running, opsPerSecond }) => {
      const current = cluster();
      const { load, undo } = current;
      const before = load.state;
      const after = { running, opsPerSecond: opsPerSecond ?? before.opsPerSecond };
      current.setLoad(after.running, after.opsPerSecond);
      undo.push({
        words: before.running ? `Load of ${before.opsPerSecond} operations a second` : "Stop the load",
        stands: () => load.state.running === after.running && load.state.opsPerSecond === after.opsPerSecond,
        undo: () => current.setLoad(before.running, before.opsPerSecond),
      });
      return done;
    },
    note: ({ text }) => {
      cluster().recorder.lab("note", { text });
      return done;
    },
  } satisfies Partial<Handlers>;
}

function dataHandlers({ cluster }: CommandContext) {
  const running = (node: string) => {
    const target = cluster().supervisor.get(node);
    if (target.pid === null) {
      throw new LabError("wrong_state", `${node} is not running (${target.status}): choose another node.`);
    }
    return target;
  };
  const send = (node: string, request: DataRequest) => sendData(running(node), request);
  return {
    "data.put": ({ node, ...request }) => send(node, { op: "put", ...request }),
    "data.get": ({ node, ...request }) => send(node, { op: "get", ...request }),
    "data.delete": ({ node, ...request }) => send(node, { op: "delete", ...request }),
    "merkle.compare": ({ from, to }) => {
      if (from === to) throw new LabError("bad_input", "A node is compared with another one: choose two.");
      return compareKeys(running(from), cluster().supervisor.get(to).id);
    },
  } satisfies Partial<Handlers>;
}

function sessionHandlers({ sessions }: CommandContext) {
  return {
    "session.list": () => ({ sessions: sessions.list() }),
    "session.save": ({ name }) => sessions.save(name),
    "session.open": ({ session }) => sessions.open(session),
    "session.delete": ({ session }) => {
      sessions.delete(session);
      return done;
    },
    "session.import": ({ path }) => sessions.import(path),
    "session.export": async ({ session, path }) => ({ path: await sessions.export(session, path) }),
    "events.page": ({ session, after, limit }) => sessions.page(session, after, limit),
  } satisfies Partial<Handlers>;
}
