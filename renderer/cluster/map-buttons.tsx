import type { KeyboardEvent } from "react";
import type { SessionModel } from "../../shared/trace/model.ts";
import { labStore } from "../base/store.ts";
import styles from "./cluster-map.module.css";
import type { MapLayout } from "./map-layout.ts";
import { describeNode } from "./map-nodes.tsx";
import { doubtsAbout, type ShownNode } from "./network.ts";

/**
 * The nodes for pointer and keyboard: a round button over each drawn sign. One of them is reached by Tab, arrows walk
 * around the circle and select, Enter opens the menu of the node.
 */
export function MapButtons(props: {
  readonly model: SessionModel;
  readonly nodes: readonly ShownNode[];
  readonly layout: MapLayout;
  readonly selected: string | null;
  readonly isLive: boolean;
  readonly diskFaults: ReadonlyMap<string, readonly string[]>;
}) {
  const { model, nodes, layout, selected, isLive, diskFaults } = props;
  const reached = nodes.some((node) => node.node === selected) ? selected : nodes[0]?.node;
  const side = layout.radius * 2.7;
  return nodes.map((node, index) => {
    const place = layout.places.get(node.node);
    if (place === undefined) return null;
    return (
      <button
        key={node.node}
        type="button"
        data-node={node.node}
        className={styles["button"]}
        style={{ left: place.x - side / 2, top: place.y - side / 2, width: side, height: side }}
        aria-label={describeNode(node, doubtsAbout(model, node.node), diskFaults.get(node.node))}
        aria-pressed={selected === node.node}
        aria-haspopup={isLive ? "menu" : undefined}
        tabIndex={reached === node.node ? 0 : -1}
        onKeyDown={(event) => onKeyDown(event, nodes, index, isLive)}
      />
    );
  });
}

const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function onKeyDown(
  event: KeyboardEvent<HTMLButtonElement>,
  nodes: readonly ShownNode[],
  index: number,
  isLive: boolean,
): void {
  const step = steps[event.key];
  const button = event.currentTarget;
  if (step !== undefined) {
    const { node } = nodes[(index + step + nodes.length) % nodes.length]!;
    labStore.getState().select({ kind: "node", node });
    button.parentElement?.querySelector<HTMLElement>(`[data-node="${CSS.escape(node)}"]`)?.focus();
  } else if (event.key === "Enter" && isLive) openMenuOn(button);
  else return;
  event.preventDefault();
}

/** The browser opens a context menu on the menu key by itself; Enter does the same. */
function openMenuOn(element: HTMLElement): void {
  const { left, top, width, height } = element.getBoundingClientRect();
  const at = { clientX: left + width / 2, clientY: top + height / 2 };
  element.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, ...at }));
}
