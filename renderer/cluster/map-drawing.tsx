import { useMemo } from "react";
import type { LinkSettings } from "../../shared/contract/state.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import type { Selection } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import styles from "./cluster-map.module.css";
import { type NodePair, pairName, pairsOf } from "./cut.ts";
import type { MapLayout } from "./map-layout.ts";
import { MapLink } from "./map-links.tsx";
import { MapNode } from "./map-nodes.tsx";
import { MapSides } from "./map-sides.tsx";
import { blockedCount, doubtsAbout, type ShownNode } from "./network.ts";
import type { Gesture } from "./use-map-gesture.ts";
import type { Size } from "./use-size.ts";

/** Beyond this many marked directions only signs have room. */
const textsMax = 32;

/** What is seen of the map. It is hidden from those who hear it: the buttons over it say everything. */
export function MapDrawing(props: {
  readonly model: SessionModel;
  readonly nodes: readonly ShownNode[];
  readonly layout: MapLayout;
  readonly size: Size;
  readonly settings: ReadonlyMap<string, LinkSettings>;
  readonly selection: Selection | null;
  readonly gesture: Gesture | null;
  readonly diskFaults: ReadonlyMap<string, readonly string[]>;
  /** Pairs that the line being drawn would cut. */
  readonly crossed: ReadonlySet<string>;
}) {
  const { model, nodes, layout, size, settings, selection, gesture, crossed, diskFaults } = props;
  const pairs = useMemo(() => pairsOf([...layout.places.keys()]), [layout]);
  return (
    <svg
      className={cx(styles["svg"], layout.labels === "none" && styles["many"])}
      width={size.width}
      height={size.height}
      aria-hidden
    >
      <defs>
        <pattern
          id="map-hatch"
          width="7"
          height="7"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <line className={styles["hatching"]} x1="0" y1="0" x2="0" y2="7" />
        </pattern>
      </defs>
      {model.partition !== null && (
        <MapSides groups={model.partition.groups} places={layout.places} radius={layout.radius} />
      )}
      {pairs.map((pair) => {
        const name = pairName(pair.a, pair.b);
        return (
          <MapLink
            key={name}
            pair={pair}
            from={layout.places.get(pair.a)!}
            to={layout.places.get(pair.b)!}
            radius={layout.radius}
            em={size.em}
            there={settings.get(name)}
            back={settings.get(pairName(pair.b, pair.a))}
            blocked={blockedCount(model, pair)}
            isSelected={selection?.kind === "link" && isSameLink(selection, pair)}
            isCrossed={crossed.has(name)}
            hasText={layout.hasLinkTexts && settings.size <= textsMax}
          />
        );
      })}
      {gesture?.kind === "link" && <Lead gesture={gesture} layout={layout} />}
      {nodes.map((node) => {
        const place = layout.places.get(node.node);
        return (
          place !== undefined && (
            <MapNode
              key={node.node}
              node={node}
              place={place}
              centre={layout.centre}
              radius={layout.radius}
              em={size.em}
              labels={layout.labels}
              doubt={doubtsAbout(model, node.node)}
              hasDiskFault={diskFaults.has(node.node)}
              isSelected={selection?.kind === "node" && selection.node === node.node}
              isTarget={gesture?.kind === "link" && gesture.over === node.node}
            />
          )
        );
      })}
      {gesture?.kind === "stroke" && (
        <path
          className={styles["stroke"]}
          d={`M${gesture.points.map(({ x, y }) => `${x},${y}`).join("L")}`}
        />
      )}
    </svg>
  );
}

/** The line from the node that is held to the pointer. */
function Lead(props: { readonly gesture: Extract<Gesture, { kind: "link" }>; readonly layout: MapLayout }) {
  const { from, at } = props.gesture;
  const start = props.layout.places.get(from);
  if (start === undefined) return null;
  return <line className={styles["lead"]} x1={start.x} y1={start.y} x2={at.x} y2={at.y} />;
}

const isSameLink = (link: { from: string; to: string }, { a, b }: NodePair) =>
  (link.from === a && link.to === b) || (link.from === b && link.to === a);
