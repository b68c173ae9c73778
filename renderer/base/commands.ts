import { createStore } from "zustand/vanilla";
import { isMac, type KeyText, mayFire, matchesKey, strokeOwner } from "./keys.ts";
import { type LabStore, labStore } from "./store.ts";

export const commandGroups = [
  "Cluster",
  "Faults",
  "Timeline",
  "Data",
  "Scenarios",
  "Session",
  "View",
  "Help",
] as const;
type CommandGroup = (typeof commandGroups)[number];

/**
 * Something the window can do. The palette, the sheet of keys, the key handler, menus and the desktop shell's native
 * menu all draw from this one list.
 */
export interface WindowCommand {
  /** Lower case with dots, e.g. "node.kill". */
  readonly id: string;
  /** What it does now; may depend on the state ("Pause node-2" or "Resume node-2"). */
  readonly title: string | ((state: LabStore) => string);
  readonly group: CommandGroup;
  readonly keys?: readonly KeyText[];
  /** Words by which the palette finds it besides its title. */
  readonly words?: string;
  /** It would change the past: absent while a recorded session is shown. */
  readonly live?: boolean;
  /** It belongs to replay: absent while the live cluster is shown. */
  readonly recorded?: boolean;
  /** Also answers its key while text is typed or a dialog is open. */
  readonly everywhere?: boolean;
  /** Left out of the palette: useful with a key only. */
  readonly keyOnly?: boolean;
  enabled?(state: LabStore): boolean;
  run(state: LabStore): void | Promise<void>;
}

const registry = createStore<{ readonly commands: ReadonlyMap<string, WindowCommand> }>()(() => ({
  commands: new Map(),
}));

/** Adds commands; returns the function that takes them away. A second command of the same id replaces the first. */
export function registerCommands(commands: readonly WindowCommand[]): () => void {
  registry.setState((state) => {
    const next = new Map(state.commands);
    for (const command of commands) next.set(command.id, command);
    return { commands: next };
  });
  return () =>
    registry.setState((state) => {
      const next = new Map(state.commands);
      for (const command of commands) if (next.get(command.id) === command) next.delete(command.id);
      return { commands: next };
    });
}

/** Present now: a recording offers nothing that would change the past. */
export function isPresent(command: WindowCommand, state: LabStore): boolean {
  return state.mode.kind === "live" ? command.recorded !== true : command.live !== true;
}

export function isEnabled(command: WindowCommand, state: LabStore): boolean {
  return isPresent(command, state) && (command.enabled?.(state) ?? true);
}

export function titleOf(command: WindowCommand, state: LabStore): string {
  return typeof command.title === "string" ? command.title : command.title(state);
}

export function allCommands(): readonly WindowCommand[] {
  return [...registry.getState().commands.values()];
}

export function findCommand(id: string): WindowCommand | undefined {
  return registry.getState().commands.get(id);
}

/** Runs a command by its id, as a key, a menu or the native menu asks for it. False when it cannot run now. */
export function runCommand(id: string): boolean {
  const command = findCommand(id);
  const state = labStore.getState();
  if (command === undefined || !isEnabled(command, state)) return false;
  void command.run(state);
  return true;
}

/** The window's one key handler. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const owner = strokeOwner(event.target);
  for (const command of registry.getState().commands.values()) {
    if (!mayFire(owner, event.key, command.everywhere === true)) continue;
    if (command.keys?.some((keys) => matchesKey(event, keys, isMac)) !== true) continue;
    if (runCommand(command.id)) {
      event.preventDefault();
      return;
    }
  }
}
