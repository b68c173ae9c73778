import {
  Activity,
  Ban,
  CircleHelp,
  Command,
  GitBranch,
  HardDrive,
  HeartPulse,
  Keyboard,
  Monitor,
  Moon,
  Network,
  PanelBottom,
  PanelLeft,
  PanelRight,
  Plus,
  Presentation,
  RefreshCw,
  Scissors,
  SplitSquareHorizontal,
  Sun,
  Undo2,
  Waypoints,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { findCommand, isEnabled, runCommand, titleOf } from "../base/commands.ts";
import type { Theme } from "../base/prefs.ts";
import type { LabStore } from "../base/store.ts";
import type { MenuEntry, MenuItem } from "../base/ui/menu.tsx";
import { diskEntries } from "../storage/disk-menu.ts";
import { loadRates } from "./commands/cluster-commands.ts";
import { themeTitles } from "./commands/view-commands.ts";

/** A window command as a menu item: its own title and key, absent when the command is. */
function item(id: string, state: LabStore, icon?: LucideIcon, label?: string): MenuItem {
  const command = findCommand(id);
  return {
    label: label ?? (command === undefined ? id : titleOf(command, state)),
    icon,
    keys: command?.keys?.[0],
    disabled: command === undefined || !isEnabled(command, state),
    run: () => void runCommand(id),
  };
}

export function clusterMenu(state: LabStore): readonly MenuEntry[] {
  const load = state.lab?.load;
  return [
    item("cluster.new", state, RefreshCw),
    item("node.add", state, Plus),
    "separator",
    { heading: "Load, operations a second" },
    ...loadRates.map((rate) => ({
      ...item(`load.rate.${rate}`, state, undefined, String(rate)),
      checked: load?.running === true && load.opsPerSecond === rate,
    })),
  ];
}

export function faultMenu(state: LabStore): readonly MenuEntry[] {
  const nodes = state.lab?.nodes ?? [];
  const perNode = (label: string, kind: string, icon: LucideIcon): MenuEntry => ({
    label,
    icon,
    entries: nodes.map((node) => item(`partition.${kind}.${node.id}`, state, undefined, node.id)),
  });
  return [
    { heading: "Cut the network" },
    item("partition.halves", state, SplitSquareHorizontal, "Into halves"),
    perNode("Isolate a node", "isolate", Ban),
    item("partition.majorities-ring", state, Network, "Each node sees another majority"),
    perNode("One node as the only bridge", "bridge", GitBranch),
    perNode("Let nothing out of a node", "one-way", Waypoints),
    item("fault.cut", state, Scissors),
    "separator",
    {
      label: "Break a node’s disk",
      icon: HardDrive,
      entries: nodes.map(({ id, status }) => ({ label: id, entries: diskEntries(id, status) })),
    },
    "separator",
    item("fault.heal", state, HeartPulse),
    item("partition.heal-all", state, Activity),
    item("undo", state, Undo2),
  ];
}

const themeIcons: Record<Theme, LucideIcon> = {
  system: Monitor,
  light: Sun,
  dark: Moon,
  projector: Presentation,
};

export function viewMenu(state: LabStore): readonly MenuEntry[] {
  const panel = (id: string, label: string, icon: LucideIcon, shown: boolean): MenuItem => ({
    ...item(id, state, icon, label),
    checked: shown,
  });
  return [
    { heading: "Theme" },
    ...(Object.keys(themeTitles) as Theme[]).map((theme) => ({
      ...item(`theme.${theme}`, state, themeIcons[theme], themeTitles[theme]),
      checked: state.theme === theme,
    })),
    "separator",
    { heading: "Panels" },
    panel("panel.left", "Cluster map and ring", PanelLeft, !state.hidden.left),
    panel("panel.inspector", "Inspector", PanelRight, !state.hidden.inspector),
    panel("panel.drawer", "Drawer", PanelBottom, !state.hidden.drawer),
    "separator",
    { heading: "Help" },
    item("cards", state, CircleHelp),
    item("keys", state, Keyboard),
    item("palette", state, Command),
  ];
}
