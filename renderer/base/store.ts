import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type {
  CommandName,
  CommandParams,
  CommandResults,
  LabConnection,
} from "../../shared/contract/contract.ts";
import type { LabState, SessionInfo } from "../../shared/contract/state.ts";
import type { TimeMs } from "../../shared/ids.ts";
import { Causality } from "../../shared/trace/causality.ts";
import { History } from "../../shared/trace/history.ts";
import { modelAt, type SessionModel } from "../../shared/trace/model.ts";
import { type DrawerTab, firstPrefs, type LeftTab, type Prefs, type SidePanel, type Theme } from "./prefs.ts";
import { showToast } from "./toasts.ts";

export type Selection =
  | { readonly kind: "event"; readonly id: number }
  | { readonly kind: "node"; readonly node: string }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "link"; readonly from: string; readonly to: string };

/** Live: what the lab does now. Recorded: a session opened from its file. */
type Mode = { readonly kind: "live" } | { readonly kind: "recorded"; readonly session: SessionInfo };

export type PanelName = SidePanel | "timeline";
export type Overlay = "palette" | "keys" | "note" | "new-cluster" | "save" | "restart" | "disk" | null;

/** Measured over the last second of what arrived. */
export interface Rates {
  readonly operationsPerSecond: number;
  readonly eventsPerSecond: number;
  /** From an event in a node to its arrival here. */
  readonly lagMs: number;
}

/** Session files in and out: the desktop shell and the browser page differ in this alone. */
export interface Files {
  /** Says where the copy went; null when the person thought better of it. Rejects with a sentence. */
  exportSession(session: SessionInfo): Promise<string | null>;
  importSession(): Promise<SessionInfo | null>;
}

export interface LabStore extends Prefs {
  readonly connected: "connecting" | "open" | "lost";
  readonly connection: LabConnection | null;
  readonly files: Files | null;
  /** The lab now, also while a recording is looked at. Null until the first answer. */
  readonly lab: LabState | null;
  readonly mode: Mode;
  /** Grows in place; draw again when `historyVersion` changes. A new one for each session. */
  readonly history: History;
  readonly causality: Causality;
  readonly historyVersion: number;
  /** Reading a session's pages; null when all that exists is here. */
  readonly loading: { readonly loaded: number; readonly last: number } | null;
  readonly rates: Rates;
  /** The moment that is looked at; null is now (live) or the end (recorded). */
  readonly cursor: TimeMs | null;
  /** Whether the live timeline keeps now in sight; letting the cursor go begins it again. */
  readonly following: boolean;
  readonly selection: Selection | null;
  /** What the search field holds: the timeline marks what matches. */
  readonly search: string;
  /** Events pointed at beside the selection; the timeline marks them while nothing is searched for. */
  readonly marked: ReadonlySet<number>;
  /** The panel that fills the window. */
  readonly full: PanelName | null;
  readonly overlay: Overlay;

  /** Shows a recorded session instead of the live one. */
  readonly openRecorded: (session: SessionInfo) => void;
  readonly backToLive: () => void;
  readonly select: (selection: Selection | null) => void;
  readonly setCursor: (cursor: TimeMs | null) => void;
  readonly follow: (following: boolean) => void;
  readonly setSearch: (search: string) => void;
  readonly mark: (events: readonly number[]) => void;
  readonly setAxis: (axis: 1 | 2 | 3) => void;
  readonly setTheme: (theme: Theme) => void;
  readonly toggleMembership: () => void;
  readonly togglePanel: (panel: SidePanel, hidden?: boolean) => void;
  readonly setFull: (panel: PanelName | null) => void;
  readonly showLeft: (tab: LeftTab) => void;
  readonly showDrawer: (tab: DrawerTab) => void;
  readonly keepSizes: (group: string, sizes: Readonly<Record<string, number>>) => void;
  readonly openOverlay: (overlay: Overlay) => void;
  readonly closeCards: () => void;
  /** Carries a command to the lab. An error becomes a toast with its sentence, and the answer is undefined. */
  readonly run: <Name extends CommandName>(
    command: Name,
    params: CommandParams<Name>,
  ) => Promise<CommandResults[Name] | undefined>;
}

export const emptyHistory = () => {
  const history = new History();
  return { history, causality: new Causality(history), historyVersion: 0 };
};

/** The window's state. Components read it with {@link useLab}. */
export const labStore = createStore<LabStore>()((set, get) => ({
  ...firstPrefs,
  ...emptyHistory(),
  connected: "connecting",
  connection: null,
  files: null,
  lab: null,
  mode: { kind: "live" },
  loading: null,
  rates: { operationsPerSecond: 0, eventsPerSecond: 0, lagMs: 0 },
  cursor: null,
  following: true,
  selection: null,
  search: "",
  marked: new Set(),
  full: null,
  overlay: null,

  openRecorded: (session) => set({ mode: { kind: "recorded", session } }),
  backToLive: () => set({ mode: { kind: "live" } }),
  select: (selection) => set({ selection }),
  setCursor: (cursor) => set({ cursor, following: cursor === null }),
  // Whoever wants the present lets the cursor go.
  follow: (following) => set(following ? { following, cursor: null } : { following }),
  setSearch: (search) => set({ search }),
  mark: (events) => set({ marked: new Set(events) }),
  setAxis: (axis) => set({ axis }),
  setTheme: (theme) => set({ theme }),
  toggleMembership: () => set({ membershipShown: !get().membershipShown }),
  togglePanel: (panel, hidden) =>
    set(({ hidden: before, full }) => ({
      hidden: { ...before, [panel]: hidden ?? !before[panel] },
      full: full === panel ? null : full,
    })),
  setFull: (full) => set({ full }),
  showLeft: (leftTab) => set({ leftTab, hidden: { ...get().hidden, left: false } }),
  showDrawer: (drawerTab) =>
    set(({ hidden, cardsClosed }) => ({
      drawerTab,
      cardsClosed: cardsClosed && drawerTab !== "start",
      hidden: { ...hidden, drawer: false },
    })),
  keepSizes: (group, sizes) => set({ sizes: { ...get().sizes, [group]: { ...sizes } } }),
  openOverlay: (overlay) => set({ overlay }),
  closeCards: () =>
    set({ cardsClosed: true, drawerTab: get().drawerTab === "start" ? "data" : get().drawerTab }),

  async run(command, params) {
    const { connection } = get();
    if (connection === null) return undefined;
    try {
      return await connection.call(command, params);
    } catch (error) {
      showToast({ level: "error", text: sentenceOf(error) });
      return undefined;
    }
  },
}));

export const sentenceOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What `selector` picks, drawn again when that changes; the whole state without one. */
export function useLab(): LabStore;
export function useLab<Picked>(selector: (state: LabStore) => Picked): Picked;
export function useLab(selector: (state: LabStore) => unknown = (state) => state): unknown {
  return useStore(labStore, selector);
}

/** What the events say about the cluster at the cursor (or now). The same value until something changes. */
export function useModel(): SessionModel {
  const history = useLab((state) => state.history);
  const at = useLab((state) => state.cursor);
  useLab((state) => state.historyVersion);
  return modelAt(history, at);
}
