/** The acts of a scenario as the lab carries them out on real processes and their network. */
import type { LinkSettings } from "../../shared/contract/state.ts";
import type { FaultAction } from "../../shared/scenario/run.types.ts";
import type { Cluster } from "../lab/cluster.ts";
import { compareKeys } from "../lab/compare.ts";
import type { RealDisks } from "./real-disks.ts";

type LinkChange = Extract<FaultAction, { readonly name: "link" }>["value"];

/** Resolves when it has taken effect. Rejects with LabError, one sentence, when it could not. */
export async function carryOut(cluster: Cluster, disks: RealDisks, action: FaultAction) {
  const { faults, network, supervisor, recorder } = cluster;
  switch (action.name) {
    case "kill":
      return disks.kill(action.value);
    case "pause":
      return faults.pause(action.value);
    case "resume":
      return faults.resume(action.value);
    case "stop":
      return faults.stop(action.value);
    case "restart":
      return faults.restart(action.value.node, action.value.clock);
    case "add":
      await faults.add(action.value);
      return undefined;
    case "remove":
      return faults.remove(action.value);
    case "wipe":
      return faults.wipe(action.value);
    case "disk":
      return disks.change(action.value);
    case "old-disk":
      return disks.putBack(action.value);
    case "clock":
      return faults.setClock(action.value.node, action.value.offset, action.value.drift);
    case "compare": {
      const { node, with: peer } = action.value;
      recorder.lab("compare", { node, with: peer });
      await compareKeys(supervisor.get(node), supervisor.get(peer).id);
      return undefined;
    }
    case "note":
      return recorder.lab("note", { text: action.value });
    case "partition":
      network.makePartition({ kind: "custom", groups: action.value.groups });
      break;
    case "isolate":
      network.makePartition({ kind: "isolate", node: action.value });
      break;
    case "cut":
      network.setLink(action.value.from, action.value.to, { blocked: true });
      break;
    case "heal":
      network.heal(action.value === "all");
      break;
    case "link":
      changeLinks(action.value);
      break;
    case "clog":
      network.clog(action.value.from, action.value.to);
      break;
    case "rule":
      network.addRule(action.value);
      break;
    case "end-rule":
      network.endRule(action.value);
      break;
  }
  // A client's next request must not overtake what the nodes were told.
  return supervisor.fence();

  /** One link, all of one node's in one direction, or all. */
  function changeLinks({ from, to, ...change }: LinkChange): void {
    const settings = Object.fromEntries(
      Object.entries(change).filter(([, value]) => value !== undefined),
    ) as Partial<LinkSettings>;
    const nodes = supervisor.all().map(({ id }) => id);
    for (const named of [from, to]) if (named !== undefined) supervisor.get(named);
    const pairs = (from === undefined ? nodes : [from]).flatMap((a) =>
      (to === undefined ? nodes : [to]).map((b) => [a, b] as const),
    );
    network.setLinks(
      pairs.filter(([a, b]) => a !== b || (from !== undefined && to !== undefined)),
      settings,
    );
  }
}
