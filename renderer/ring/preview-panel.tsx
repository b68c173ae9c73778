import { Plus } from "lucide-react";
import { useMemo } from "react";
import type { Key } from "../../shared/ids.ts";
import type { Ring } from "../../shared/ring/ring.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { countText } from "../session/words.ts";
import { keysToCount, type Moved, previewOf } from "./preview.ts";
import styles from "./ring.module.css";

/** Side by side: the ring moves the newcomer's share, a modulus moves nearly all. The cluster is not touched. */
export function PreviewPanel(props: {
  readonly before: Ring;
  readonly after: Ring;
  readonly n: number;
  readonly seen: readonly Key[];
  /** The node that would join; null when one would leave. */
  readonly joins: string | null;
  readonly onDone: () => void;
}) {
  const { before, after, n, seen, joins } = props;
  const isLive = useLab((state) => state.mode.kind === "live");
  const { keys, isSample } = useMemo(() => keysToCount(seen), [seen]);
  const preview = useMemo(() => previewOf(keys, before, after, n), [keys, before, after, n]);
  const { ring, modulo, copies } = preview;
  const add = async () => {
    const answer = await labStore.getState().run("node.add", {});
    if (answer !== undefined) props.onDone();
  };
  return (
    <section className={styles["preview"]} aria-label="What would move">
      <p className={styles["hint"]}>
        {isSample
          ? `Counted on ${countText(keys.length)} sample keys`
          : `Counted on the ${countText(keys.length)} keys of this session`}
        ; nothing has been touched.
      </p>
      <div className={styles["methods"]}>
        <Method name="On the ring" moved={ring} of={keys.length} />
        <Method name="By hash modulo nodes" moved={modulo} of={keys.length} />
      </div>
      <p className={styles["hint"]}>
        Of {n === 1 ? "its one copy" : `the ${n} copies`} of each key, {percent(copies.sent, copies.all)}{" "}
        would be sent to another node.
      </p>
      {joins !== null && isLive && (
        <Button variant="primary" icon={Plus} onClick={() => void add()}>
          Add {joins}
        </Button>
      )}
    </section>
  );
}

const waysMax = 6;

function Method({ name, moved, of }: { readonly name: string; readonly moved: Moved; readonly of: number }) {
  const { ways } = moved;
  return (
    <div>
      <h4>{name}</h4>
      <p className={styles["big"]}>
        <b>{percent(moved.moved, of)}</b> of the keys move
      </p>
      <svg className={styles["gauge"]} aria-hidden>
        <rect className={styles["track"]} width="100%" height="100%" rx="2" />
        <rect
          className={styles["gone"]}
          width={`${(moved.moved / Math.max(1, of)) * 100}%`}
          height="100%"
          rx="2"
        />
      </svg>
      <ul>
        {ways.slice(0, waysMax).map(({ from, to, keys }) => (
          <li key={`${from} ${to}`}>
            {from} → {to} <span>{percent(keys, of)}</span>
          </li>
        ))}
        {ways.length > waysMax && <li>and {ways.length - waysMax} more ways</li>}
      </ul>
    </div>
  );
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.round((part / whole) * 1_000) / 10} %`;
}
