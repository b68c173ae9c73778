import { CircleHelp, LocateFixed } from "lucide-react";
import { useMemo, useState } from "react";
import { asKey } from "../../shared/ids.ts";
import { pairsOf, proofOf } from "../../shared/trace/conflict.ts";
import { runCommand } from "../base/commands.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Select } from "../base/ui/field.tsx";
import styles from "./key.module.css";
import { proofWords, type Sentence } from "./proof-words.ts";

/** "Why is there a conflict here?", answered with the fewest events that prove it. */
export function WhyConflict({
  keyName,
  dots,
}: {
  readonly keyName: string;
  readonly dots: readonly string[];
}) {
  const [isAsked, setAsked] = useState(false);
  const pairs = pairsOf(dots);
  const [chosen, setChosen] = useState(0);
  const pair = pairs[chosen] ?? pairs[0];
  if (pair === undefined) return null;
  return (
    <section className={styles["why"]} aria-label="Why is there a conflict here?">
      <div className={styles["ask"]}>
        <Button
          icon={CircleHelp}
          variant={isAsked ? "plain" : "primary"}
          aria-expanded={isAsked}
          onClick={() => setAsked(!isAsked)}
        >
          Why is there a conflict here?
        </Button>
        {isAsked && pairs.length > 1 && (
          <Select
            aria-label="Which two versions"
            value={chosen}
            onChange={(event) => setChosen(Number(event.target.value))}
          >
            {pairs.map(([a, b], index) => (
              <option key={`${a} ${b}`} value={index}>
                {a} and {b}
              </option>
            ))}
          </Select>
        )}
      </div>
      {isAsked && <Proof keyName={keyName} a={pair[0]} b={pair[1]} />}
    </section>
  );
}

function Proof({ keyName, a, b }: { readonly keyName: string; readonly a: string; readonly b: string }) {
  const history = useLab((state) => state.history);
  const causality = useLab((state) => state.causality);
  const version = useLab((state) => state.historyVersion);
  // A finished proof does not change; one that lacked an event may be found when it arrives.
  const proof = useMemo(
    () => proofOf(history, causality, asKey(keyName), [a, b]),
    // oxlint-disable-next-line react/exhaustive-deps
    [history, causality, keyName, a, b, version],
  );
  if (proof === null)
    return (
      <p className={styles["hint"]}>
        The trace does not tell: one of the two writes is missing from it, or had seen the other.
      </p>
    );
  return (
    <>
      <ol className={styles["sentences"]}>
        {proofWords(proof, history.first).map((sentence) => (
          <li key={sentence.words}>
            <Words sentence={sentence} />
          </li>
        ))}
      </ol>
      <Button icon={LocateFixed} onClick={() => showAll(proof.events)}>
        Show the {proof.events.length} events that prove it
      </Button>
    </>
  );
}

function Words({ sentence: { words, events } }: { readonly sentence: Sentence }) {
  const last = events.at(-1);
  if (last === undefined) return words;
  return (
    <button type="button" className={styles["sentence"]} onClick={() => showOne(events, last)}>
      {words}
    </button>
  );
}

/** Marks them all and brings them into sight together. */
function showAll(events: readonly number[]): void {
  const { mark, select, setSearch } = labStore.getState();
  setSearch("");
  mark(events);
  select({ kind: "event", id: events.at(-1)! });
  runCommand("timeline.marked");
}

function showOne(events: readonly number[], id: number): void {
  const { mark, select, setSearch } = labStore.getState();
  setSearch("");
  mark(events);
  select({ kind: "event", id });
  runCommand("timeline.centre");
}
