import { ChevronsRight, Pause, Play, SkipBack, StepBack, StepForward } from "lucide-react";
import { useLab } from "../base/store.ts";
import { IconButton } from "../base/ui/button.tsx";
import { Select } from "../base/ui/field.tsx";
import { speeds, step, useReplay } from "./replay.ts";
import styles from "./transport.module.css";
import { spanText } from "./words.ts";

/** The time cursor: the same over a live and over a recorded session. */
export function Transport() {
  const history = useLab((state) => state.history);
  useLab((state) => state.historyVersion);
  const cursor = useLab((state) => state.cursor);
  const setCursor = useLab((state) => state.setCursor);
  const following = useLab((state) => state.following);
  const follow = useLab((state) => state.follow);
  const isLive = useLab((state) => state.mode.kind === "live");
  const { playing, speed, toggle, setSpeed } = useReplay();
  const { first, last } = history;
  const empty = history.size === 0;
  return (
    <section className={styles["transport"]} aria-label="Time">
      <IconButton
        icon={SkipBack}
        label="To the beginning"
        keys={isLive ? undefined : "Home"}
        disabled={empty}
        onClick={() => setCursor(first)}
      />
      <IconButton icon={StepBack} label="One event back" disabled={empty} onClick={() => step(-1)} />
      <IconButton
        icon={playing ? Pause : Play}
        label={playing ? "Hold the replay" : "Play from here"}
        keys={isLive ? undefined : "Space"}
        disabled={empty}
        onClick={toggle}
      />
      <IconButton
        icon={StepForward}
        label="One event on"
        disabled={empty || cursor === null}
        onClick={() => step(1)}
      />
      <IconButton
        icon={ChevronsRight}
        label={isLive ? "Follow the present" : "To the end"}
        pressed={isLive ? following : cursor === null}
        keys={isLive ? "N" : undefined}
        disabled={empty || (cursor === null && !isLive)}
        onClick={() => follow(!isLive || !following)}
      />
      <input
        className={styles["slider"]}
        type="range"
        aria-label="Moment shown"
        aria-valuetext={cursor === null ? (isLive ? "now" : "the end") : spanText(cursor - first)}
        min={first}
        max={last}
        step="any"
        disabled={empty}
        value={cursor ?? last}
        onChange={(event) => {
          const moment = event.target.valueAsNumber;
          setCursor(moment >= last ? null : moment);
        }}
      />
      <output className={styles["time"]}>
        {cursor === null && isLive ? (
          <span className={styles["now"]}>now</span>
        ) : (
          spanText((cursor ?? last) - first)
        )}
      </output>
      <Select
        aria-label="Replay speed"
        value={speed}
        onChange={(event) => setSpeed(Number(event.target.value))}
      >
        {speeds.map((each) => (
          <option key={each} value={each}>
            {each}×
          </option>
        ))}
      </Select>
    </section>
  );
}
