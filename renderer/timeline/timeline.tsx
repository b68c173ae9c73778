import { useEffect, useMemo, useRef, useState } from "react";
import { registerCommands, runCommand } from "../base/commands.ts";
import { useLab } from "../base/store.ts";
import { ContextMenu, type MenuEntry } from "../base/ui/menu.tsx";
import { timelineCommands } from "./commands.ts";
import { Diagram } from "./diagram.tsx";
import type { TimelineHandle, TimelineTarget } from "./types.ts";
import { useMatches } from "./use-matches.ts";
import { useTokens } from "./use-tokens.ts";

const run = (id: string) => () => void runCommand(id);

/** The diagram, fed from the window's store and moved by the window's keys. */
export function Timeline() {
  const {
    history,
    causality,
    selection,
    cursor,
    axis,
    mode,
    search,
    marked,
    following,
    select,
    setCursor,
    follow,
  } = useLab();
  const membershipShown = useLab((state) => state.membershipShown);
  const handle = useRef<TimelineHandle>(null);
  const [target, setTarget] = useState<TimelineTarget | null>(null);
  const tokens = useTokens();
  const found = useMatches(history, search);
  const matches = search.trim() === "" ? marked : found;
  const filter = useMemo(() => ({ membership: membershipShown }), [membershipShown]);

  useEffect(() => registerCommands(timelineCommands(() => handle.current)), []);

  return (
    <ContextMenu entries={entriesFor(target)}>
      <div style={{ width: "100%", height: "100%" }}>
        <Diagram
          ref={handle}
          history={history}
          causality={causality}
          tokens={tokens}
          live={mode.kind === "live"}
          follow={following}
          onFollowChange={follow}
          axis={axis}
          filter={filter}
          selection={selection}
          onSelect={select}
          cursor={cursor}
          onCursor={setCursor}
          matches={matches}
          onContextMenu={(at) => {
            if (at.kind !== "time") select(at);
            setTarget(at);
          }}
        />
      </div>
    </ContextMenu>
  );

  function entriesFor(at: TimelineTarget | null): readonly MenuEntry[] {
    const moment: MenuEntry[] =
      at?.kind === "time" ? [{ label: "Show the lab at this moment", run: () => setCursor(at.at) }] : [];
    if (at?.kind === "event") {
      const event = history.event(at.id);
      if (event !== undefined)
        moment.push({ label: "Show the lab at this moment", run: () => setCursor(event.at) });
      const key = event?.key;
      moment.push(
        { label: "Go nearer", keys: "F", run: run("timeline.fit") },
        { label: "Go to the cause", keys: "[", run: run("timeline.cause") },
        { label: "Go to the effect", keys: "]", run: run("timeline.effect") },
      );
      if (key !== undefined) moment.push({ label: `Select ${key}`, run: () => select({ kind: "key", key }) });
    }
    if (at?.kind === "node" && mode.kind === "live") {
      moment.push(
        { heading: at.node },
        { label: "Kill", keys: "K", danger: true, run: run("node.kill") },
        { label: "Pause or resume", keys: "P", run: run("node.pause") },
        { label: "Restart", keys: "R", run: run("node.restart") },
      );
    }
    return [
      ...moment,
      ...(moment.length > 0 ? (["separator"] as const) : []),
      { label: "Everything in sight", run: () => handle.current?.fit() },
      ...(mode.kind === "live"
        ? [{ label: "Follow the present", keys: "N", checked: following, run: run("timeline.follow") }]
        : []),
      ...(cursor === null ? [] : [{ label: "Back to the present", run: () => setCursor(null) }]),
    ];
  }
}
