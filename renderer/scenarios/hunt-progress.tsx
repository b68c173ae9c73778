import type { HuntState } from "../../shared/contract/studio.ts";
import { countText, plural } from "../session/words.ts";
import { Bar } from "./bar.tsx";
import styles from "./hunt.module.css";
import panel from "./panel.module.css";
import { huntWords, rarestFirst, shareText } from "./words.ts";

/** How far the hunt is, and which rare paths of the protocol its runs have taken. */
export function HuntProgress({ hunt }: { readonly hunt: HuntState }) {
  return (
    <section className={panel["part"]} aria-label="Progress of the hunt">
      <header className={panel["head"]}>
        <h3 className={panel["title"]}>{hunt.scenario}</h3>
        <span className={panel["note"]}>
          seeds {hunt.from} to {hunt.to}
        </span>
      </header>
      <Bar label="Seeds tried" value={hunt.done} max={hunt.to - hunt.from + 1} />
      <p className={styles["numbers"]}>{huntWords(hunt)}</p>
      <output className={hunt.status === "failed" ? panel["error"] : panel["text"]}>
        {statusWords(hunt)}
      </output>
      <RarePaths hunt={hunt} />
    </section>
  );
}

/** Said aloud when it changes, so it holds nothing that changes with every seed. */
function statusWords({ status, error, failures }: HuntState): string {
  const found = failures.length === 0 ? "No failure" : plural(failures.length, "failure");
  switch (status) {
    case "running":
      return `${found} so far.`;
    case "over":
      return `The hunt is over. ${found}.`;
    case "cancelled":
      return `The hunt was cancelled. ${found} until then.`;
    case "failed":
      return error ?? "The hunt failed.";
    default:
      return status satisfies never;
  }
}

function RarePaths({ hunt }: { readonly hunt: HuntState }) {
  const rows = rarestFirst(hunt);
  if (rows.length === 0) return null;
  return (
    <table className={styles["paths"]}>
      <caption>{plural(rows.length, "rare path")} reached, the rarest first</caption>
      <thead>
        <tr>
          <th scope="col">Path</th>
          <th scope="col">Runs</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ path, runs, share }) => (
          <tr key={path}>
            <th scope="row">{path}</th>
            <td>{countText(runs)}</td>
            <td>{shareText(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
