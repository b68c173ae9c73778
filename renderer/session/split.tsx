import { Fragment, type ReactNode } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { useLab } from "../base/store.ts";
import styles from "./split.module.css";

export interface Part {
  readonly id: string;
  readonly content: ReactNode;
  /** Pixels, or per cent as text; the part without a size takes the rest. */
  readonly size?: number | string;
  readonly min: number;
}

/** Parts side by side (or one over the other) whose borders can be dragged; it comes back as it was left. */
export function Split(props: {
  readonly name: string;
  readonly orientation: "horizontal" | "vertical";
  readonly parts: readonly Part[];
}) {
  const { parts } = props;
  // Sizes belong to a set of parts: with one hidden the others are kept apart.
  const key = `${props.name}:${parts.map((part) => part.id).join("+")}`;
  const kept = useLab((state) => state.sizes[key]);
  const keepSizes = useLab((state) => state.keepSizes);
  return (
    <Group
      key={key}
      className={styles["group"]}
      orientation={props.orientation}
      defaultLayout={kept}
      onLayoutChanged={(layout, { isUserInteraction }) => {
        if (isUserInteraction) keepSizes(key, layout);
      }}
    >
      {parts.map((part, index) => (
        <Fragment key={part.id}>
          {index > 0 && (
            <Separator
              className={styles["border"]}
              aria-label={`Border between ${parts[index - 1]!.id} and ${part.id}`}
            />
          )}
          <Panel
            id={part.id}
            defaultSize={part.size}
            minSize={part.min}
            groupResizeBehavior={part.size === undefined ? "preserve-relative-size" : "preserve-pixel-size"}
          >
            {part.content}
          </Panel>
        </Fragment>
      ))}
    </Group>
  );
}
