import { LocateFixed, Pause, Play, SkipBack, SkipForward, StepBack, StepForward } from "lucide-react";
import { useEffect, useState } from "react";
import { asKey } from "../../shared/ids.ts";
import { Ring } from "../../shared/ring/ring.ts";
import { type Exchange, treesAfter } from "../../shared/trace/exchange.ts";
import { runCommand } from "../base/commands.ts";
import { labStore } from "../base/store.ts";
import { IconButton } from "../base/ui/button.tsx";
import { bytesText, countText } from "../session/words.ts";
import { BothVersions } from "./both-versions.tsx";
import styles from "./merkle.module.css";
import { TreeTable } from "./tree-table.tsx";
import { messageWords, outcomeWords, savingWords } from "./words.ts";

/** Where a key lies does not depend on who is on the ring. */
const anyRing = Ring.of([]);
const digitsOf = (key: string) => anyRing.position(asKey(key)).toString(16).padStart(8, "0");

const playEveryMs = 1_100;

/** One comparison: its messages one by one, both trees as they had been seen by then, and what it cost. */
export function ExchangeView({ exchange }: { readonly exchange: Exchange }) {
  const { messages, asker, peer } = exchange;
  /** Null follows the newest message. */
  const [chosen, setChosen] = useState<number | null>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const count = Math.min(chosen ?? messages.length, messages.length);
  const isLast = count >= messages.length;
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setTimeout(() => {
      if (count >= messages.length) setPlaying(false);
      else setChosen(count + 1);
    }, playEveryMs);
    return () => clearTimeout(timer);
  }, [isPlaying, count, messages.length]);
  const root = treesAfter(exchange, count, digitsOf);
  const message = messages[count - 1];
  const go = (to: number) => {
    setPlaying(false);
    setChosen(to >= messages.length ? null : Math.max(1, to));
  };
  return (
    <section className={styles["exchange"]} aria-label={`Comparison of ${asker} with ${peer}`}>
      <div className={styles["steps"]}>
        <IconButton icon={SkipBack} label="First message" disabled={count <= 1} onClick={() => go(1)} />
        <IconButton
          icon={StepBack}
          label="Message before"
          disabled={count <= 1}
          onClick={() => go(count - 1)}
        />
        <IconButton
          icon={isPlaying ? Pause : Play}
          label={isPlaying ? "Stop" : "Play the messages"}
          disabled={messages.length === 0}
          onClick={() => {
            if (!isPlaying && isLast) setChosen(1);
            setPlaying(!isPlaying);
          }}
        />
        <IconButton icon={StepForward} label="Next message" disabled={isLast} onClick={() => go(count + 1)} />
        <IconButton
          icon={SkipForward}
          label="Last message"
          disabled={isLast}
          onClick={() => go(messages.length)}
        />
        <span className={styles["count"]}>
          {count} of {messages.length}
        </span>
        {message !== undefined && (
          <IconButton
            icon={LocateFixed}
            label="Show this message on the timeline"
            onClick={() => pointAt(message.send.id)}
          />
        )}
        <output className={styles["said"]}>
          {message === undefined ? "Nothing has been said yet." : messageWords(message)}
        </output>
      </div>
      <Cost exchange={exchange} count={count} />
      <div className={styles["drawing"]}>
        {root === null ? (
          <p className={styles["hint"]}>The trees appear with the first hash.</p>
        ) : (
          <TreeTable key={exchange.id} exchange={exchange} root={root} chosenKey={key} onKey={setKey} />
        )}
        {key !== null && <BothVersions exchange={exchange} keyName={key} />}
      </div>
    </section>
  );
}

function pointAt(id: number): void {
  const { select, mark } = labStore.getState();
  mark([id]);
  select({ kind: "event", id });
  runCommand("timeline.centre");
}

function Cost({ exchange, count }: { readonly exchange: Exchange; readonly count: number }) {
  const { messages, ended } = exchange;
  const seen = messages.slice(0, count);
  const bytes = seen.reduce((sum, message) => sum + message.bytes, 0);
  const hashes = seen.reduce((sum, message) => sum + message.hashes, 0);
  const everything = ended?.everything ?? 0;
  const saving = savingWords(bytes, everything);
  return (
    <div className={styles["cost"]}>
      <span>
        <b>{countText(hashes)}</b> {hashes === 1 ? "hash" : "hashes"}, <b>{bytesText(bytes)}</b> so far
      </span>
      {saving !== null && (
        <>
          <svg className={styles["bar"]} aria-hidden>
            <rect className={styles["whole"]} width="100%" height="100%" rx="2" />
            <rect
              className={styles["part"]}
              width={`${Math.min(100, (bytes / everything) * 100)}%`}
              height="100%"
              rx="2"
            />
          </svg>
          <span>{saving}</span>
        </>
      )}
      <span className={styles["outcome"]}>{outcomeWords(exchange)}</span>
    </div>
  );
}
