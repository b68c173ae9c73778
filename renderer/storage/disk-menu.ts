import type { NodeStatus } from "../../shared/contract/state.ts";
import type { MenuEntry } from "../base/ui/menu.tsx";
import { breakDisk, copyDisk, openForm, showStorage } from "./commands.ts";
import { type DiskGesture, diskGestures, healDisk, powerCut } from "./disk-faults.ts";

/** What one can do to the disk of a node. Only the disk of a process that runs can fail. */
export function diskEntries(node: string, status: NodeStatus): MenuEntry[] {
  const gesture = (each: DiskGesture, label = each.label): MenuEntry => ({
    label,
    disabled: status !== "running",
    danger: each === powerCut,
    run: () => void breakDisk(node, each),
  });
  return [
    ...diskGestures.map((each) => gesture(each)),
    { label: "Break it in another way…", disabled: status !== "running", run: () => openForm(node, "disk") },
    gesture(healDisk),
    "separator",
    gesture(powerCut, "Cut its power…"),
    "separator",
    { label: "Keep a copy of its directory", run: () => void copyDisk(node) },
    { label: "Restart in a recovery mode…", run: () => openForm(node, "restart") },
    { label: "Show its storage", run: () => showStorage(node) },
  ];
}
