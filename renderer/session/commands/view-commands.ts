import type { WindowCommand } from "../../base/commands.ts";
import { drawerTabs, themes } from "../../base/prefs.ts";
import type { LabStore, PanelName } from "../../base/store.ts";

export const drawerTitles = {
  start: "Start here",
  data: "Data",
  conflicts: "Conflicts",
  key: "Key",
  merkle: "Merkle",
  storage: "Storage",
  members: "Members' beliefs",
  links: "Links",
  statistics: "Statistics",
  log: "Log",
  scenarios: "Scenarios",
  hunt: "Hunt",
  sessions: "Sessions",
} as const;

export const themeTitles = {
  system: "As the system has it",
  light: "Light",
  dark: "Dark",
  projector: "Projector",
} as const;

export const axisTitles = { 1: "Real time", 2: "Events of each node", 3: "Causal depth" } as const;

/** The panel under the pointer, else the timeline. */
function panelInMind(): PanelName {
  const panel = document.querySelector<HTMLElement>("[data-part]:hover")?.dataset["part"];
  return (panel as PanelName | undefined) ?? "timeline";
}

function toggleFull(state: LabStore): void {
  state.setFull(state.full === null ? panelInMind() : null);
}

export const viewCommands: readonly WindowCommand[] = [
  {
    id: "palette",
    title: "Command palette",
    group: "Help",
    keys: ["Ctrl+Shift+P"],
    everywhere: true,
    keyOnly: true,
    run: (state) => state.openOverlay("palette"),
  },
  {
    id: "keys",
    title: "All keys",
    group: "Help",
    keys: ["?"],
    words: "shortcuts help",
    run: (state) => state.openOverlay("keys"),
  },
  {
    id: "cards",
    title: "Three things to try",
    group: "Help",
    words: "start lessons tour first",
    run: (state) => state.showDrawer("start"),
  },
  {
    id: "search",
    title: "Search the events",
    group: "Timeline",
    keys: ["/"],
    words: "find filter",
    run: () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
  },
  ...([1, 2, 3] as const).map((axis): WindowCommand => ({
    id: `axis.${axis}`,
    title: `Axis: ${axisTitles[axis].toLowerCase()}`,
    group: "Timeline",
    keys: [String(axis)],
    run: (state) => state.setAxis(axis),
  })),
  {
    id: "membership",
    title: (state) => (state.membershipShown ? "Hide membership chatter" : "Show membership chatter"),
    group: "Timeline",
    keys: ["G"],
    words: "gossip swim ping",
    run: (state) => state.toggleMembership(),
  },
  {
    id: "selection.clear",
    title: "Select nothing",
    group: "Timeline",
    keys: ["Escape"],
    enabled: (state) => state.full !== null || state.selection !== null,
    run: (state) => (state.full === null ? state.select(null) : state.setFull(null)),
  },
  {
    id: "full",
    title: "Fill the window with the panel under the pointer",
    group: "View",
    keys: ["F11"],
    words: "full screen projector maximise",
    everywhere: true,
    run: toggleFull,
  },
  {
    id: "panel.left",
    title: "Show or hide the cluster map",
    group: "View",
    keys: ["Ctrl+B"],
    words: "panel ring",
    run: (state) => state.togglePanel("left"),
  },
  {
    id: "panel.inspector",
    title: "Show or hide the inspector",
    group: "View",
    keys: ["Ctrl+I"],
    words: "panel details",
    run: (state) => state.togglePanel("inspector"),
  },
  {
    id: "panel.drawer",
    title: "Show or hide the drawer",
    group: "View",
    keys: ["Ctrl+J"],
    words: "panel bottom",
    run: (state) => state.togglePanel("drawer"),
  },
  ...drawerTabs.map((tab): WindowCommand => ({
    id: `show.${tab}`,
    title: `Show ${drawerTitles[tab].toLowerCase()}`,
    group: "View",
    words: "drawer tab panel",
    run: (state) => state.showDrawer(tab),
  })),
  { id: "show.map", title: "Show the cluster map", group: "View", run: (state) => state.showLeft("map") },
  { id: "show.ring", title: "Show the ring", group: "View", run: (state) => state.showLeft("ring") },
  ...themes.map((theme): WindowCommand => ({
    id: `theme.${theme}`,
    title: `Theme: ${themeTitles[theme].toLowerCase()}`,
    group: "View",
    words: "colours dark light projector",
    run: (state) => state.setTheme(theme),
  })),
];
