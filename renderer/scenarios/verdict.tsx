import { Check, CircleHelp, type LucideIcon, X } from "lucide-react";
import type { ExpectationResult, RunVerdict } from "../../shared/scenario/run.types.ts";
import { useLab } from "../base/store.ts";
import { plural } from "../session/words.ts";
import { openSession, pointAt } from "./open.ts";
import styles from "./verdict.module.css";
import { verdictTitles, verdictWords } from "./words.ts";

const icons: Record<ExpectationResult["verdict"], LucideIcon> = {
  holds: Check,
  violated: X,
  unknown: CircleHelp,
};

/** Each expectation with what was found; a click goes to the events that prove it, one after the other. */
export function Verdict(props: { readonly verdict: RunVerdict; readonly session: string | null }) {
  const { verdict, session } = props;
  return (
    <>
      <output className={styles["whole"]} data-verdict={verdict.verdict}>
        {verdictWords(verdict)}
      </output>
      <ul className={styles["list"]} aria-label="Expectations">
        {verdict.results.map((result, index) => (
          <li key={index}>
            <Result result={result} session={session} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Result(props: { readonly result: ExpectationResult; readonly session: string | null }) {
  const { result, session } = props;
  const { proof } = result;
  const place = useLab(({ selection, marked }) =>
    selection?.kind === "event" && isMarked(marked, proof) ? proof.indexOf(selection.id) : -1,
  );
  const [first] = proof;
  if (first === undefined || session === null) {
    return (
      <div className={styles["result"]} data-verdict={result.verdict}>
        <Words result={result} />
      </div>
    );
  }
  const show = () => {
    const selected = proof[(place + 1) % proof.length] ?? first;
    void openSession(session, () => pointAt(proof, selected));
  };
  return (
    <button
      type="button"
      className={styles["result"]}
      data-verdict={result.verdict}
      aria-pressed={place !== -1}
      title={
        proof.length === 1 ? "Show the event that proves it" : "Show the events that prove it, one by one"
      }
      onClick={show}
    >
      <Words result={result} />
      <span className={styles["proof"]}>
        {place === -1 ? plural(proof.length, "event") : `event ${place + 1} of ${proof.length}`}
      </span>
    </button>
  );
}

/** Whether it is these events, and no others, that the timeline marks. */
const isMarked = (marked: ReadonlySet<number>, proof: readonly number[]) =>
  marked.size === new Set(proof).size && proof.every((id) => marked.has(id));

function Words({ result: { verdict, words, found } }: { readonly result: ExpectationResult }) {
  const Icon = icons[verdict];
  return (
    <>
      <Icon className={styles["icon"]} aria-hidden />
      <span className={styles["what"]}>
        <span className={styles["words"]}>
          <b>{verdictTitles[verdict]}</b> {words}
        </span>
        <span className={styles["found"]}>{found}</span>
      </span>
    </>
  );
}
