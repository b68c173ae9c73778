/** The diagram alone in a page, over a synthetic history, with its state in reach of the test that drives it. */
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "../../../renderer/base/tokens.css";
import "../../../renderer/base/global.css";
import { createRef, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Diagram } from "../../../renderer/timeline/diagram.tsx";
import { EventInspector } from "../../../renderer/timeline/event-inspector.tsx";
import type { AxisKind, TimelineHandle, TimelineSelection } from "../../../renderer/timeline/types.ts";
import { useTokens } from "../../../renderer/timeline/use-tokens.ts";
import { asMessageId } from "../../../shared/ids.ts";
import { Causality } from "../../../shared/trace/causality.ts";
import { History } from "../../../shared/trace/history.ts";
import { noise, story } from "./synthetic.ts";

export interface Harness {
  readonly history: History;
  readonly causality: Causality;
  readonly timeline: { current: TimelineHandle | null };
  selection: TimelineSelection | null;
  follow: boolean;
  cursor: number | null;
  menus: unknown[];
  readonly select: (selection: TimelineSelection | null) => void;
  readonly setCursor: (at: number | null) => void;
  readonly setAxis: (axis: AxisKind) => void;
  readonly setMembership: (shown: boolean) => void;
  readonly setMatches: (ids: readonly number[]) => void;
  /** Appends `perSecond` events a second for so long and answers with the time each frame took, in ms. */
  readonly stream: (perSecond: number, seconds: number) => Promise<number[]>;
}

declare global {
  interface Window {
    harness: Harness;
  }
}

const options = new URLSearchParams(location.search);
const history = new History();
const causality = new Causality(history);
const timeline = createRef<TimelineHandle>();
const kind = options.get("session");
const isLive = options.get("live") === "1";
if (kind === "story") history.append(story());
else if (kind !== null && kind !== "empty") history.append(noise(Number(kind), 1_000));
document.documentElement.dataset["theme"] = options.get("theme") ?? "light";
document.documentElement.style.height = "100%";

function Page() {
  const [selection, setSelection] = useState<TimelineSelection | null>(null);
  const [axis, setAxis] = useState<AxisKind>(1);
  const [membership, setMembership] = useState(false);
  const [follow, setFollow] = useState(true);
  const [cursor, setCursor] = useState<number | null>(null);
  const [matches, setMatches] = useState<ReadonlySet<number>>(new Set());
  const [filter, setFilter] = useState({ membership });
  if (filter.membership !== membership) setFilter({ membership });
  const tokens = useTokens();
  const [menus] = useState<unknown[]>([]);
  const state: Harness = {
    history,
    causality,
    timeline,
    selection,
    follow,
    cursor,
    menus,
    select: setSelection,
    setCursor,
    setAxis,
    setMembership,
    setMatches: (ids) => setMatches(new Set(ids)),
    stream,
  };
  useEffect(() => {
    window.harness = state;
  });
  const event = selection?.kind === "event" ? history.event(selection.id) : undefined;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr) 280px", height: "100vh" }}>
      <Diagram
        ref={timeline}
        history={history}
        causality={causality}
        tokens={tokens}
        live={isLive}
        follow={follow}
        onFollowChange={setFollow}
        axis={axis}
        filter={filter}
        selection={selection}
        onSelect={setSelection}
        cursor={cursor}
        onCursor={setCursor}
        matches={matches}
        onContextMenu={(target) => menus.push(target)}
      />
      <aside
        style={{ overflow: "auto", borderLeft: "1px solid var(--lc-line)", background: "var(--lc-surface)" }}
      >
        {event !== undefined && (
          <EventInspector
            event={event}
            history={history}
            causality={causality}
            onSelectEvent={(id) => setSelection({ kind: "event", id })}
            onSelectKey={(key) => setSelection({ kind: "key", key })}
            onSelectNode={(node) => setSelection({ kind: "node", node })}
          />
        )}
      </aside>
    </div>
  );
}

function stream(perSecond: number, seconds: number): Promise<number[]> {
  const base = history.all.at(-1)?.id ?? 0;
  // A later life of every node, with messages of its own.
  const events = noise(perSecond * seconds, perSecond, Date.now()).map((event) => ({
    ...event,
    id: event.id + base,
    life: 99,
    ...(event.message === undefined ? {} : { message: asMessageId(`late ${event.message}`) }),
  }));
  const started = performance.now();
  const frames: number[] = [];
  let sent = 0;
  let before = started;
  return new Promise((resolve) => {
    const frame = (time: number) => {
      frames.push(time - before);
      before = time;
      const due = events.findIndex((event) => event.at > events[0]!.at + (performance.now() - started));
      const end = due === -1 ? events.length : due;
      history.append(events.slice(sent, end));
      sent = end;
      if (sent < events.length) requestAnimationFrame(frame);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(frame);
  });
}

createRoot(document.querySelector("#lab")!).render(<Page />);
