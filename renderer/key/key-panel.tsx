import { KeyRound } from "lucide-react";
import { useMemo, useState } from "react";
import { asKey } from "../../shared/ids.ts";
import { copiesAt, type KeyCopies } from "../../shared/trace/copies.ts";
import { naturalOrder } from "../../shared/trace/history.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { labStore, useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { Input } from "../base/ui/field.tsx";
import { agoText } from "../cluster/beliefs.ts";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import { useChosenKey } from "./chosen-key.ts";
import { WhyConflict } from "./conflict-proof.tsx";
import { CopiesTable } from "./copies-table.tsx";
import styles from "./key.module.css";
import { useOwners } from "./use-owners.ts";

/** One key on all its replicas, at the moment that is looked at. */
export function KeyPanel() {
  const model = useSteadyModel(250);
  const chosen = useChosenKey();
  const newest = useNewestKey(model);
  const key = chosen ?? newest;
  if (key === null)
    return (
      <EmptyState icon={KeyRound} title="One key on all its replicas appears here">
        Write a key in the data panel, or switch the load on: its versions, hints and conflicts are shown
        replica by replica.
      </EmptyState>
    );
  return (
    <div className={styles["panel"]}>
      <KeyField key={key} keyName={key} model={model} />
      <OneKey model={model} keyName={key} />
    </div>
  );
}

/** Without a choice: a key in conflict, else the one that was used last when the panel was opened. */
function useNewestKey(model: SessionModel): string | null {
  const [kept, setKept] = useState<string | null>(null);
  if (kept !== null && model.keys.has(asKey(kept))) return kept;
  const [conflict] = model.conflicts.keys();
  const used = [...model.keys].sort(([, a], [, b]) => b.at - a.at)[0]?.[0];
  const newest = conflict ?? used ?? null;
  if (newest !== kept) setKept(newest);
  return newest;
}

function KeyField({ keyName, model }: { readonly keyName: string; readonly model: SessionModel }) {
  const [typed, setTyped] = useState(keyName);
  const isLive = useLab((state) => state.mode.kind === "live");
  const cursor = useLab((state) => state.cursor);
  const choose = (key: string) => {
    if (key !== "" && key !== keyName) labStore.getState().select({ kind: "key", key });
  };
  const known = useMemo(() => [...model.keys.keys()].sort(naturalOrder), [model.keys]);
  return (
    <search className={styles["bar"]}>
      <Input
        mono
        type="search"
        aria-label="Key"
        placeholder="Find a key"
        list="key-names"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          if (model.keys.has(asKey(event.target.value || " "))) choose(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") choose(typed);
        }}
      />
      <datalist id="key-names">
        {known.slice(0, 500).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      <span className={styles["quiet"]}>
        {cursor !== null ? "at the moment looked at" : isLive ? "now" : "at the end of the recording"}
      </span>
    </search>
  );
}

function OneKey({ model, keyName }: { readonly model: SessionModel; readonly keyName: string }) {
  const history = useLab((state) => state.history);
  const cursor = useLab((state) => state.cursor);
  const owners = useOwners(model, keyName);
  const copies = useMemo(
    () => copiesAt(history, asKey(keyName), cursor, owners),
    // The model is a new one whenever an event arrived or the moment changed.
    // oxlint-disable-next-line react/exhaustive-deps
    [model, history, keyName, cursor, owners],
  );
  const strategy = strategyOf(model.cluster?.conflicts ?? {}, keyName);
  // Only siblings are a conflict: every other strategy makes one value of all versions.
  const concurrent = strategy === "siblings" ? siblingsOf(copies) : [];
  return (
    <div className={styles["columns"]}>
      <div className={styles["column"]}>
        {strategy !== "siblings" && (
          <p className={styles["hint"]}>
            Concurrent versions of this key become one: its conflict strategy is{" "}
            {strategy.replaceAll("-", " ")}.
          </p>
        )}
        <CopiesTable model={model} keyName={keyName} copies={copies} owners={owners} />
        <Hints model={model} copies={copies} />
      </div>
      {(concurrent.length > 1 || copies.losses.length > 0) && (
        <div className={styles["column"]}>
          {concurrent.length > 1 && (
            <WhyConflict key={`${keyName} ${concurrent.join()}`} keyName={keyName} dots={concurrent} />
          )}
          <Losses copies={copies} />
        </div>
      )}
    </div>
  );
}

/** The longest prefix that fits wins. */
function strategyOf(conflicts: Readonly<Record<string, string>>, key: string): string {
  const fitting = Object.keys(conflicts).filter((prefix) => key.startsWith(prefix));
  const longest = fitting.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? "siblings" : conflicts[longest]!;
}

/** Versions that no one replaced: side by side on a replica, or still on their way to meet. */
const siblingsOf = ({ newest, writes }: KeyCopies) => newest.filter((dot) => writes.has(dot));

function Hints({ model, copies }: { readonly model: SessionModel; readonly copies: KeyCopies }) {
  const select = useLab((state) => state.select);
  if (copies.hints.length === 0) return null;
  return (
    <section aria-label="Hints on their way">
      <h3 className={styles["title"]}>Hints on their way</h3>
      <ul className={styles["list"]}>
        {copies.hints.map(({ holder, target, dots, since, event }) => (
          <li key={`${holder} ${target}`}>
            <button
              type="button"
              className={styles["link"]}
              onClick={() => select({ kind: "event", id: event })}
            >
              {holder} keeps {dots.join(" and ")} for {target}
            </button>{" "}
            <span className={styles["when"]}>for {agoText(model.at - since)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Losses({ copies }: { readonly copies: KeyCopies }) {
  const select = useLab((state) => state.select);
  const { losses, writes } = copies;
  if (losses.length === 0) return null;
  return (
    <section aria-label="Lost to last write wins">
      <h3 className={styles["title"]}>
        Lost to last write wins: {losses.length === 1 ? "1 version" : `${losses.length} versions`}
      </h3>
      <ul className={styles["list"]}>
        {losses.map(({ dot, by, value, event }) => {
          const lost = value ?? writes.get(dot)?.value ?? null;
          return (
            <li key={dot}>
              <button
                type="button"
                className={styles["link"]}
                onClick={() => select({ kind: "event", id: event })}
              >
                {lost === null ? dot : `“${lost}” (${dot})`} lost to {by}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
