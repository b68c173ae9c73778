import { type ReactNode, useEffect } from "react";
import { ClusterMap } from "../cluster/cluster-map.tsx";
import { LinkMatrix } from "../cluster/link-matrix.tsx";
import { Members } from "../cluster/members.tsx";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import { Statistics } from "../cluster/statistics.tsx";
import { ConflictAlerts } from "../data/conflicts.tsx";
import { DataPanel } from "../data/data-panel.tsx";
import { EventLog } from "../data/event-log.tsx";
import { KeyPanel } from "../key/key-panel.tsx";
import { MerklePanel } from "../merkle/merkle-panel.tsx";
import { RingView } from "../ring/ring-view.tsx";
import { type DrawerTab, drawerTabs, type LeftTab } from "../base/prefs.ts";
import { useLab } from "../base/store.ts";
import { Cards } from "../lessons/cards.tsx";
import { HuntPanel } from "../scenarios/hunt-panel.tsx";
import { ScenariosPanel } from "../scenarios/scenarios-panel.tsx";
import { StoragePanel } from "../storage/storage-panel.tsx";
import { Button } from "../base/ui/button.tsx";
import { Panel } from "../base/ui/panel.tsx";
import { Tabs } from "../base/ui/tabs.tsx";
import { drawerTitles } from "./commands/view-commands.ts";
import { InspectorPanel } from "./inspector-panel.tsx";
import { SessionsPanel } from "./sessions-panel.tsx";
import { type Part, Split } from "./split.tsx";
import { TimelinePanel } from "./timeline-panel.tsx";
import { useWide } from "./use-wide.ts";

const leftViews: Record<LeftTab, () => ReactNode> = { map: ClusterMap, ring: RingView };

function LeftPanel() {
  const tab = useLab((state) => state.leftTab);
  const showLeft = useLab((state) => state.showLeft);
  const View = leftViews[tab];
  return (
    <Panel
      name="left"
      title="Cluster"
      tabs={
        <Tabs
          label="Cluster"
          tabs={[
            { name: "map", label: "Map" },
            { name: "ring", label: "Ring" },
          ]}
          value={tab}
          onChange={showLeft}
        />
      }
    >
      <View />
    </Panel>
  );
}

const drawerViews: Record<DrawerTab, () => ReactNode> = {
  start: Cards,
  data: DataPanel,
  conflicts: ConflictAlerts,
  key: KeyPanel,
  merkle: MerklePanel,
  storage: StoragePanel,
  members: Members,
  links: LinkMatrix,
  statistics: Statistics,
  log: EventLog,
  scenarios: ScenariosPanel,
  hunt: HuntPanel,
  sessions: SessionsPanel,
};

function Drawer() {
  const tab = useLab((state) => state.drawerTab);
  const cardsClosed = useLab((state) => state.cardsClosed);
  const tabs = drawerTabs.filter((name) => name !== "start" || !cardsClosed);
  const { conflicts: keys, losses } = useSteadyModel(500);
  const conflicts = keys.size + losses.size;
  const closeCards = useLab((state) => state.closeCards);
  const showDrawer = useLab((state) => state.showDrawer);
  const View = drawerViews[tab];
  return (
    <Panel
      name="drawer"
      title="Drawer"
      toolbar={
        tab === "start" && (
          <Button variant="quiet" onClick={closeCards}>
            Close for good
          </Button>
        )
      }
      tabs={
        <Tabs
          label="Drawer"
          tabs={tabs.map((name) => ({
            name,
            label: drawerTitles[name],
            ...(name === "conflicts" ? { badge: conflicts } : {}),
          }))}
          value={tab}
          onChange={showDrawer}
        />
      }
    >
      <View />
    </Panel>
  );
}

/** A panel that fills the window gives its place back when the person leaves the browser's full screen. */
function useFullScreen(): void {
  const full = useLab((state) => state.full);
  const setFull = useLab((state) => state.setFull);
  useEffect(() => {
    const onChange = () => {
      if (document.fullscreenElement === null) setFull(null);
    };
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, [setFull]);
  useEffect(() => {
    if (full === null && document.fullscreenElement !== null) void document.exitFullscreen();
  }, [full]);
}

/**
 * Where the panels stand. The timeline leads: in a narrow window the inspector goes under the map, so that at
 * 1280 × 800 the timeline keeps half of the area whatever is shown; a wide one has room for it on the right.
 */
export function Frame() {
  const hidden = useLab((state) => state.hidden);
  const wide = useWide();
  useFullScreen();

  const centre: Part[] = [{ id: "timeline", content: <TimelinePanel />, min: 160 }];
  if (!hidden.drawer) centre.push({ id: "drawer", content: <Drawer />, size: "25%", min: 110 });

  const inspector = hidden.inspector ? [] : [<InspectorPanel key="inspector" />];
  const side: Part[] = [];
  if (!hidden.left) side.push({ id: "left", content: <LeftPanel />, size: wide ? "100%" : "45%", min: 140 });
  if (!wide) for (const content of inspector) side.push({ id: "inspector", content, min: 120 });

  const columns: Part[] = [];
  if (side.length > 0) {
    const content = <Split name="side" orientation="vertical" parts={side} />;
    columns.push({ id: "side", content, size: "18%", min: 180 });
  }
  columns.push({
    id: "centre",
    content: <Split name="centre" orientation="vertical" parts={centre} />,
    min: 320,
  });
  if (wide)
    for (const content of inspector) columns.push({ id: "inspector", content, size: "18%", min: 200 });
  return <Split name="columns" orientation="horizontal" parts={columns} />;
}
