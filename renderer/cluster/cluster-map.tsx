import { Network } from "lucide-react";
import { type RefObject, useMemo, useRef, useState } from "react";
import type { SessionModel } from "../../shared/trace/model.ts";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { ContextMenu, type MenuEntry } from "../base/ui/menu.tsx";
import { useDiskFaults } from "../storage/use-disk-faults.ts";
import { act } from "./act.ts";
import styles from "./cluster-map.module.css";
import { crossedPairs, type CutPlan, cutCalls, describeCut, pairName, planCut } from "./cut.ts";
import { LinkDialog } from "./link-form.tsx";
import { MapDrawing } from "./map-drawing.tsx";
import { layoutMap, type MapLayout } from "./map-layout.ts";
import { backgroundEntries, linkEntries, nodeEntries } from "./map-menu.ts";
import { MapButtons } from "./map-buttons.tsx";
import { MessageDots } from "./message-dots.tsx";
import { blockedPairs, settingsOf, shownNodes, useNames } from "./network.ts";
import { type Gesture, type Target, useMapGesture } from "./use-map-gesture.ts";
import { type Size, useSize } from "./use-size.ts";
import { useSteadyModel } from "./use-steady-model.ts";

export function ClusterMap() {
  const [box, size] = useSize<HTMLDivElement>();
  const model = useSteadyModel();
  const hasNodes = shownNodes(model).length > 0;
  return (
    <div ref={box} className={styles["map"]}>
      {size !== null && hasNodes && <Map size={size} model={model} />}
      {!hasNodes && (
        <EmptyState icon={Network} title="The nodes and their links appear here">
          Start a cluster from the toolbar; draw a line across the links to cut them.
        </EmptyState>
      )}
    </div>
  );
}

function Map({ size, model }: { readonly size: Size; readonly model: SessionModel }) {
  const stage = useRef<HTMLDivElement>(null);
  const selection = useLab((state) => state.selection);
  const isLive = useLab((state) => state.mode.kind === "live");
  const select = useLab((state) => state.select);
  const [entries, setEntries] = useState<readonly MenuEntry[]>([]);
  const [dialog, setDialog] = useState<{ readonly from: string; readonly to: string } | null>(null);
  const nodes = shownNodes(model);
  const names = useNames(nodes);
  const layout = useMemo(() => layoutMap(names, size), [names, size]);
  const settings = settingsOf(model);
  const blocked = blockedPairs(settings);
  const diskFaults = useDiskFaults(model);
  const openLink = (from: string, to: string) => setDialog({ from, to });

  const gesture = useMapGesture(stage, isLive, {
    done(last) {
      if (last.kind === "stroke") void act(cutCalls(planOf(last, layout, blocked)));
      else if (last.over !== null) openLink(last.from, last.over);
    },
    clicked: choose,
    menu(target) {
      choose(target);
      const found = nodes.find((candidate) => candidate.node === target.node);
      if (found !== undefined) setEntries(nodeEntries(found, nodes, openLink));
      else if (target.link !== null)
        setEntries(linkEntries(target.link.from, target.link.to, settings, openLink));
      else setEntries(backgroundEntries(nodes, blocked.size > 0, settings.size > 0));
    },
  });

  function choose({ node, link }: Target) {
    if (node !== null) select({ kind: "node", node });
    else if (link !== null) select({ kind: "link", ...link });
    else if (selection?.kind === "node" || selection?.kind === "link") select(null);
  }

  const plan = planOf(gesture, layout, blocked);
  const selected = selection?.kind === "node" ? selection.node : null;
  const drawing = (
    <Stage stage={stage} gesture={gesture}>
      <MapDrawing
        model={model}
        nodes={nodes}
        layout={layout}
        size={size}
        settings={settings}
        selection={selection}
        gesture={gesture}
        diskFaults={diskFaults}
        crossed={new Set(plan.kind === "nothing" ? [] : plan.pairs.map(({ a, b }) => pairName(a, b)))}
      />
      <MapButtons
        model={model}
        nodes={nodes}
        layout={layout}
        selected={selected}
        isLive={isLive}
        diskFaults={diskFaults}
      />
      <MessageDots layout={layout} size={size} />
    </Stage>
  );

  return (
    <>
      {isLive ? <ContextMenu entries={entries}>{drawing}</ContextMenu> : drawing}
      <p className={styles["caption"]} data-drawing={gesture?.kind} aria-live="polite">
        {captionOf(gesture, plan, isLive && layout.hasCaption && nodes.length > 1)}
      </p>
      {dialog !== null && <LinkDialog {...dialog} settings={settings} onClose={() => setDialog(null)} />}
    </>
  );
}

/** The surface that pointers act on; the menu's own handlers are passed through to it. */
function Stage(props: {
  readonly stage: RefObject<HTMLDivElement | null>;
  readonly gesture: Gesture | null;
  readonly children: React.ReactNode;
}) {
  const { stage, gesture, ...rest } = props;
  return <div {...rest} ref={stage} className={styles["stage"]} data-drawing={gesture?.kind} />;
}

function planOf(gesture: Gesture | null, layout: MapLayout, blocked: ReadonlySet<string>): CutPlan {
  if (gesture?.kind !== "stroke") return { kind: "nothing" };
  return planCut([...layout.places.keys()], crossedPairs(gesture.points, layout.places), blocked);
}

function captionOf(gesture: Gesture | null, plan: CutPlan, hasHint: boolean): string {
  if (gesture?.kind === "stroke") return describeCut(plan);
  if (gesture?.kind === "link")
    return gesture.over === null
      ? "Drop on another node to set the link between them."
      : `Set the link from ${gesture.from} to ${gesture.over}`;
  return hasHint ? "Draw across links to cut them. Right-click a node or a link." : "";
}
