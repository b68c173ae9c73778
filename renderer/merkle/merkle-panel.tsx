import { GitCompareArrows } from "lucide-react";
import { useMemo, useState } from "react";
import { type Exchange, exchangeOf, exchangesAt } from "../../shared/trace/exchange.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { cx } from "../base/ui/cx.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { Select } from "../base/ui/field.tsx";
import { Toggle } from "../base/ui/toggle.tsx";
import { agoText } from "../cluster/beliefs.ts";
import { shownNodes } from "../cluster/network.ts";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import { ExchangeView } from "./exchange-view.tsx";
import styles from "./merkle.module.css";
import { outcomeWords } from "./words.ts";

const lookedThrough = 300;
const listedMax = 60;

/** Two replicas' Merkle trees face to face: what differs, what it took to find it, and its repair. */
export function MerklePanel() {
  const model = useSteadyModel(250);
  const history = useLab((state) => state.history);
  const cursor = useLab((state) => state.cursor);
  const isLive = useLab((state) => state.mode.kind === "live");
  const [onlyFound, setOnlyFound] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const recent = useMemo(
    () => exchangesAt(history, cursor, lookedThrough),
    // The model is a new one whenever an event arrived or the moment changed.
    // oxlint-disable-next-line react/exhaustive-deps
    [model, history, cursor],
  );
  const listed = recent.filter((exchange) => !onlyFound || !isEqual(exchange)).slice(0, listedMax);
  const shown =
    recent.find(({ id }) => id === chosen) ??
    (chosen === null ? null : exchangeOf(history, chosen, cursor)) ??
    firstToShow(recent);
  return (
    <div className={styles["panel"]}>
      <aside className={styles["list"]} aria-label="Comparisons">
        {isLive && <CompareForm model={model} onBegun={setChosen} />}
        <Toggle label="Only those that found something" checked={onlyFound} onChange={setOnlyFound} />
        <ul>
          {listed.map((exchange) => (
            <li key={exchange.id}>
              <button
                type="button"
                className={cx(styles["item"], exchange === shown && styles["chosen"])}
                aria-pressed={exchange === shown}
                onClick={() => setChosen(exchange.id)}
              >
                <b>
                  {exchange.asker} ↔ {exchange.peer}
                </b>
                <span className={cx(!isEqual(exchange) && styles["found"])}>{outcomeWords(exchange)}</span>
                <span className={styles["ago"]}>{agoText(model.at - exchange.began.at)} ago</span>
              </button>
            </li>
          ))}
        </ul>
        {recent.length > 0 && listed.length === 0 && (
          <p className={styles["hint"]}>All {recent.length} comparisons found both sides equal.</p>
        )}
      </aside>
      {shown === null ? <Teaching isLive={isLive} /> : <ExchangeView key={shown.id} exchange={shown} />}
    </div>
  );
}

const isEqual = ({ ended }: Exchange) => ended?.outcome === "equal";

/** The newest that found something, else the newest. */
const firstToShow = (recent: readonly Exchange[]) =>
  recent.find((exchange) => exchange.ended !== null && !isEqual(exchange)) ?? recent[0] ?? null;

function CompareForm(props: { readonly model: SessionModel; readonly onBegun: (exchange: string) => void }) {
  const nodes = shownNodes(props.model);
  const [pair, setPair] = useState<{ readonly from: string; readonly to: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const from = nodes.find(({ node }) => node === pair?.from)?.node ?? nodes[0]?.node ?? "";
  const others = nodes.filter(({ node }) => node !== from);
  const to = others.find(({ node }) => node === pair?.to)?.node ?? others[0]?.node ?? "";
  const compare = async () => {
    setBusy(true);
    const answer = await labStore.getState().run("merkle.compare", { from, to });
    setBusy(false);
    if (answer !== undefined && answer.exchange !== null) props.onBegun(answer.exchange);
  };
  return (
    <form
      className={styles["form"]}
      aria-label="Compare two nodes"
      onSubmit={(event) => {
        event.preventDefault();
        void compare();
      }}
    >
      <Select
        aria-label="Compare"
        value={from}
        onChange={(event) => setPair({ from: event.target.value, to })}
      >
        {nodes.map(({ node }) => (
          <option key={node}>{node}</option>
        ))}
      </Select>
      <Select aria-label="with" value={to} onChange={(event) => setPair({ from, to: event.target.value })}>
        {others.map(({ node }) => (
          <option key={node}>{node}</option>
        ))}
      </Select>
      <Button type="submit" variant="primary" icon={GitCompareArrows} disabled={isBusy || to === ""}>
        Compare
      </Button>
    </form>
  );
}

function Teaching({ isLive }: { readonly isLive: boolean }) {
  return (
    <EmptyState icon={GitCompareArrows} title="Two replicas’ hash trees appear here, face to face">
      <p>
        Each node keeps a Merkle tree over its keys: a leaf is a hash of some keys, every branch a hash of
        what is below it. Two nodes that hold the same compare one hash and are done; where they differ, only
        the branches that differ are opened, down to the keys.
      </p>
      {isLive ? (
        <p>
          To see one at work: cut the network, write a few keys on one side, heal, and compare a node of each
          side.
        </p>
      ) : (
        <p>No comparison had begun by this moment of the recording.</p>
      )}
    </EmptyState>
  );
}
