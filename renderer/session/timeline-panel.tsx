import { Eye, EyeOff } from "lucide-react";
import { runCommand } from "../base/commands.ts";
import { useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Panel } from "../base/ui/panel.tsx";
import { Choice } from "../base/ui/toggle.tsx";
import { StepStrip } from "../scenarios/step-strip.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { axisTitles } from "./commands/view-commands.ts";
import styles from "./timeline-panel.module.css";
import { Transport } from "./transport.tsx";

const axes = ["1", "2", "3"] as const;
const axisLabels = { "1": "Time", "2": "Events", "3": "Depth" } as const;

function Tools() {
  const axis = useLab((state) => state.axis);
  const setAxis = useLab((state) => state.setAxis);
  const membershipShown = useLab((state) => state.membershipShown);
  return (
    <>
      <Button
        variant="quiet"
        icon={membershipShown ? Eye : EyeOff}
        aria-pressed={membershipShown}
        onClick={() => runCommand("membership")}
      >
        Membership
      </Button>
      <Choice
        label="Axis"
        options={axes.map((name) => ({
          name,
          label: axisLabels[name],
          title: `${axisTitles[Number(name) as 1 | 2 | 3]} (key ${name})`,
        }))}
        value={String(axis) as (typeof axes)[number]}
        onChange={(name) => setAxis(Number(name) as 1 | 2 | 3)}
      />
    </>
  );
}

export function TimelinePanel() {
  return (
    <Panel name="timeline" title="Timeline" toolbar={<Tools />}>
      <div className={styles["column"]}>
        <div className={styles["canvas"]}>
          <Timeline />
        </div>
        <StepStrip />
        <Transport />
      </div>
    </Panel>
  );
}
