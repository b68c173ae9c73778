import { Maximize2, Minimize2, X } from "lucide-react";
import type { ReactNode } from "react";
import type { SidePanel } from "../prefs.ts";
import { labStore, type PanelName, useLab } from "../store.ts";
import { IconButton } from "./button.tsx";
import styles from "./panel.module.css";

/** A part of the window: a bar with its title (or tabs), its tools, full screen and hide, over its content. */
export function Panel(props: {
  readonly name: PanelName;
  /** Read aloud; shown too unless `tabs` stand in its place. */
  readonly title: string;
  readonly tabs?: ReactNode;
  readonly toolbar?: ReactNode;
  readonly children: ReactNode;
}) {
  const { name, title } = props;
  const isFull = useLab((state) => state.full === name);
  const { setFull, togglePanel } = labStore.getState();
  return (
    <section className={styles["panel"]} aria-label={title} data-part={name} data-full={isFull}>
      <header className={styles["head"]}>
        {props.tabs ?? <h2 className={styles["title"]}>{title}</h2>}
        <div className={styles["tools"]}>
          {props.toolbar}
          <IconButton
            icon={isFull ? Minimize2 : Maximize2}
            label={isFull ? "Back to its place" : "Fill the window"}
            keys={isFull || name === "timeline" ? "F11" : undefined}
            onClick={() => setFull(isFull ? null : name)}
          />
          {name !== "timeline" && (
            <IconButton
              icon={X}
              label={`Hide ${title.toLowerCase()}`}
              onClick={() => togglePanel(name satisfies SidePanel, true)}
            />
          )}
        </div>
      </header>
      <div className={styles["body"]}>{props.children}</div>
    </section>
  );
}
