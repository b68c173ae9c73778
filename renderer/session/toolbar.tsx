import {
  ChevronDown,
  Circle,
  Pause,
  Play,
  Search,
  Settings2,
  SquareTerminal,
  Undo2,
  Unplug,
  X,
} from "lucide-react";
import { useShallow } from "zustand/react/shallow";
import { findCommand, runCommand, titleOf } from "../base/commands.ts";
import { labStore, type LabStore, useLab } from "../base/store.ts";
import { Button, IconButton } from "../base/ui/button.tsx";
import { Menu } from "../base/ui/menu.tsx";
import { Tooltip } from "../base/ui/tooltip.tsx";
import { Mark } from "./brand.tsx";
import { selectMatch } from "./search.ts";
import { clusterMenu, faultMenu, viewMenu } from "./toolbar-menus.ts";
import styles from "./toolbar.module.css";
import { plural } from "./words.ts";

function Load() {
  const load = useLab((state) => state.lab?.load ?? null);
  const running = load?.running === true;
  return (
    <Tooltip
      text={running ? "Hold the load that runs against the cluster" : "Run a load against the cluster"}
      keys="Space"
    >
      <Button
        icon={running ? Pause : Play}
        aria-label={running ? "Hold the load" : "Run the load"}
        disabled={load === null}
        onClick={() => runCommand("load.toggle")}
      >
        {load === null ? "Load" : `${load.opsPerSecond} ops/s`}
      </Button>
    </Tooltip>
  );
}

function Recording() {
  const name = useLab((state) => state.lab?.session.name ?? null);
  if (name === null) return null;
  return (
    <Tooltip text={`Recording as “${name}”. Click to keep what was recorded so far.`} keys="Ctrl+S">
      <Button variant="quiet" onClick={() => runCommand("session.save")}>
        <Circle className={styles["recording"]} fill="currentColor" aria-hidden />
        Recording
      </Button>
    </Tooltip>
  );
}

function SearchField() {
  const search = useLab((state) => state.search);
  const setSearch = useLab((state) => state.setSearch);
  return (
    <search className={styles["search"]}>
      <Search aria-hidden />
      <input
        data-search
        type="text"
        aria-label="Search the events"
        placeholder="Search events, keys, nodes"
        spellCheck={false}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") selectMatch(event.shiftKey ? -1 : 1);
          if (event.key !== "Escape") return;
          setSearch("");
          event.currentTarget.blur();
        }}
      />
      {search !== "" && <IconButton icon={X} label="Clear the search" onClick={() => setSearch("")} />}
    </search>
  );
}

/** The state for menus, drawn again when what they show changes, and not with every event that arrives. */
function useMenuState(): LabStore {
  useLab(useShallow(({ lab, mode, theme, hidden, selection }) => ({ lab, mode, theme, hidden, selection })));
  return labStore.getState();
}

/** Controls that would change the past are absent while a recording is shown, not dead. */
function LiveControls() {
  const state = useMenuState();
  const cluster = state.lab?.cluster;
  const undo = state.lab?.undo ?? null;
  return (
    <>
      <Menu entries={clusterMenu(state)}>
        <Button variant="quiet">
          {cluster === undefined
            ? "Cluster"
            : `${plural(state.lab!.nodes.length, "node")}, ${cluster.preset} preset`}
          <ChevronDown className={styles["chevron"]} aria-hidden />
        </Button>
      </Menu>
      <Load />
      <Menu entries={faultMenu(state)}>
        <Button icon={Unplug}>
          Faults
          <ChevronDown className={styles["chevron"]} aria-hidden />
        </Button>
      </Menu>
      <IconButton
        icon={Undo2}
        label={undo === null ? "Nothing to undo" : titleOf(findCommand("undo")!, state)}
        keys="Ctrl+Z"
        disabled={undo === null}
        onClick={() => runCommand("undo")}
      />
      <span className={styles["gap"]} />
      <Recording />
    </>
  );
}

export function Toolbar() {
  const state = useMenuState();
  const isLive = state.mode.kind === "live";
  return (
    <header className={styles["toolbar"]}>
      <span className={styles["brand"]}>
        <Mark />
        <b>Lightcone</b>
      </span>
      {isLive ? <LiveControls /> : <span className={styles["gap"]} />}
      <SearchField />
      <IconButton
        icon={SquareTerminal}
        label="Command palette"
        keys="Ctrl+Shift+P"
        onClick={() => runCommand("palette")}
      />
      <Menu entries={viewMenu(state)}>
        <Button variant="quiet" icon={Settings2} aria-label="View and help">
          <ChevronDown className={styles["chevron"]} aria-hidden />
        </Button>
      </Menu>
    </header>
  );
}
