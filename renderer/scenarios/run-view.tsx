import { Copy, Dices, Play, X } from "lucide-react";
import type { ScenarioRunState } from "../../shared/contract/studio.ts";
import { labStore, useLab } from "../base/store.ts";
import { showToast } from "../base/toasts.ts";
import { Button, IconButton } from "../base/ui/button.tsx";
import { Bar } from "./bar.tsx";
import styles from "./panel.module.css";
import { isRevealed, openRun, reveal, startRun, useStudio } from "./studio.ts";
import { Verdict } from "./verdict.tsx";
import { progressWords, worldWords } from "./words.ts";

/** The last run: how far it is, and what came of it. */
export function RunView({ run }: { readonly run: ScenarioRunState }) {
  return (
    <section className={styles["part"]} aria-label="The last run">
      <header className={styles["head"]}>
        <h3 className={styles["title"]}>{run.name}</h3>
        <span className={styles["note"]}>
          {worldWords[run.world]}, seed {run.seed}
        </span>
      </header>
      <Stage run={run} />
    </section>
  );
}

function Stage({ run }: { readonly run: ScenarioRunState }) {
  switch (run.status) {
    case "running":
      return <Running run={run} />;
    case "failed":
      return (
        <>
          <p className={styles["error"]} role="alert">
            {run.error}
          </p>
          <Again run={run} />
        </>
      );
    case "cancelled":
      return (
        <>
          <p className={styles["text"]}>
            Cancelled in step {run.progress.step} of {run.progress.of}. Nothing of it is kept.
          </p>
          <Again run={run} />
        </>
      );
    case "over":
      return <Over run={run} />;
    default:
      return run.status satisfies never;
  }
}

function Running({ run }: { readonly run: ScenarioRunState }) {
  const words = progressWords(run);
  return (
    <>
      <Bar label="Steps carried out" value={run.progress.step} max={run.progress.of} />
      <output className={styles["text"]}>{words}</output>
      <div className={styles["buttons"]}>
        <Button icon={X} onClick={() => void labStore.getState().run("scenario.cancel", {})}>
          Cancel the run
        </Button>
      </div>
    </>
  );
}

function Over({ run }: { readonly run: ScenarioRunState }) {
  const revealed = useStudio((state) => state.revealed);
  const { verdict } = run;
  return (
    <>
      {isRevealed(run, revealed) ? (
        <>
          {verdict !== null && <Verdict verdict={verdict} session={run.session} />}
          <Question run={run} word="Asked" />
        </>
      ) : (
        <Hidden run={run} />
      )}
      <Again run={run} />
      <Traces run={run} />
    </>
  );
}

function Hidden({ run }: { readonly run: ScenarioRunState }) {
  return (
    <>
      <Question run={run} word="Predict" />
      <div className={styles["buttons"]}>
        <Button variant="primary" onClick={() => reveal(run)}>
          Show what happened
        </Button>
      </div>
      <p className={styles["text"]}>
        Decide first. Go through the steps under the timeline; what came of them stays hidden until the end is
        reached, or until you ask.
      </p>
    </>
  );
}

function Question(props: { readonly run: ScenarioRunState; readonly word: string }) {
  const { run, word } = props;
  if (run.predict === null) return null;
  return (
    <p className={styles["question"]}>
      <b>{word}:</b> {run.predict}
    </p>
  );
}

function Again({ run }: { readonly run: ScenarioRunState }) {
  const shown = useLab(({ mode }) => (mode.kind === "recorded" ? mode.session.id : null));
  const { session, seed, scenario, world } = run;
  return (
    <div className={styles["buttons"]}>
      {session !== null && shown !== session && (
        <Button icon={Play} onClick={() => openRun(session)}>
          Open the recording
        </Button>
      )}
      <Button
        icon={Dices}
        title={`With seed ${seed + 1}`}
        onClick={() => void startRun(scenario, world, seed + 1)}
      >
        Run again with another seed
      </Button>
    </div>
  );
}

function Traces({ run: { seed, traceSha256 } }: { readonly run: ScenarioRunState }) {
  return (
    <dl className={styles["traces"]}>
      <dt>seed</dt>
      <dd>{seed}</dd>
      <CopyButton what="the seed" text={String(seed)} />
      {traceSha256 !== null && (
        <>
          <dt>trace sha256</dt>
          <dd>{traceSha256}</dd>
          <CopyButton what="the hash of the trace" text={traceSha256} />
        </>
      )}
    </dl>
  );
}

/** Stands right behind what it copies. Where pages may not use the clipboard, that is selected for the copy key. */
function CopyButton({ what, text }: { readonly what: string; readonly text: string }) {
  const copy = async (place: Element | null | undefined) => {
    try {
      await navigator.clipboard.writeText(text);
      showToast({ level: "info", text: `Copied ${what}.` });
    } catch {
      if (place != null) window.getSelection()?.selectAllChildren(place);
      showToast({ level: "info", text: `Selected ${what}: copy it by key.` });
    }
  };
  return (
    <dd className={styles["copy"]}>
      <IconButton
        icon={Copy}
        label={`Copy ${what}`}
        onClick={({ currentTarget }) => void copy(currentTarget.closest("dd")?.previousElementSibling)}
      />
    </dd>
  );
}
