/** What the window can do to the disks of nodes: for the palette, the menus and the toolbar. */
import { confirm } from "../base/ask.ts";
import type { WindowCommand } from "../base/commands.ts";
import { labStore, type LabStore } from "../base/store.ts";
import { showToast } from "../base/toasts.ts";
import { type DiskGesture, diskGestures, healDisk, powerCut, powerQuestion } from "./disk-faults.ts";

const isRunning = (node: string) => (state: LabStore) =>
  state.lab?.nodes.find(({ id }) => id === node)?.status === "running";

function select(node: string): void {
  labStore.getState().select({ kind: "node", node });
}

/** Shows a node's storage in the drawer. */
export function showStorage(node: string): void {
  select(node);
  labStore.getState().showDrawer("storage");
}

/** Opens one of the forms about a node's disk. */
export function openForm(node: string, form: "restart" | "disk"): void {
  select(node);
  labStore.getState().openOverlay(form);
}

export async function breakDisk(node: string, { fault }: DiskGesture): Promise<void> {
  if (fault.kind === "power-cut" && !(await confirm(powerQuestion(node)))) return;
  await labStore.getState().run("disk.fault", { node, fault });
}

export async function copyDisk(node: string): Promise<void> {
  const copy = await labStore.getState().run("disk.copy", { node });
  if (copy === undefined) return;
  showToast({
    level: "info",
    text: `The directory of ${node} is kept as “${copy.label}”.`,
    action: { label: "Show its storage", run: () => showStorage(node) },
  });
}

/** A node that runs is killed first: a directory is not exchanged under a process. */
export async function putBack(node: string, label: string): Promise<void> {
  const { lab, run } = labStore.getState();
  const runs = lab?.nodes.find(({ id }) => id === node)?.pid !== null;
  if (runs && (await run("node.kill", { node })) === undefined) return;
  await run("disk.putBack", { node, label });
}

/** The same for every node by its name. */
export function storageOfNode(node: string): readonly WindowCommand[] {
  const gesture = (each: DiskGesture): WindowCommand => ({
    id: `disk.${each.name}.${node}`,
    title: each.label.replace("its", `${node}’s`),
    group: "Faults",
    words: `disk storage ${each.words}`,
    live: true,
    enabled: isRunning(node),
    run: () => breakDisk(node, each),
  });
  return [
    ...[...diskGestures, powerCut, healDisk].map(gesture),
    {
      id: `disk.other.${node}`,
      title: `Break ${node}’s disk in another way…`,
      group: "Faults",
      words: "disk fault storage nth write flush rename",
      live: true,
      enabled: isRunning(node),
      run: () => openForm(node, "disk"),
    },
    {
      id: `node.restart-with.${node}`,
      title: `Restart ${node} in a recovery mode…`,
      group: "Faults",
      words: "storage strict truncate salvage rebuild log snapshots",
      live: true,
      run: () => openForm(node, "restart"),
    },
    {
      id: `disk.copy.${node}`,
      title: `Keep a copy of ${node}’s directory`,
      group: "Faults",
      words: "disk storage backup",
      live: true,
      run: () => copyDisk(node),
    },
    {
      id: `show.storage.${node}`,
      title: `Show the storage of ${node}`,
      group: "View",
      words: "log records snapshots disk",
      run: () => showStorage(node),
    },
  ];
}
