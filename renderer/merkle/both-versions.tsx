import { asKey } from "../../shared/ids.ts";
import { copiesAt } from "../../shared/trace/copies.ts";
import type { Exchange } from "../../shared/trace/exchange.ts";
import { useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { openKey } from "../key/chosen-key.ts";
import styles from "./merkle.module.css";

/** What the two sides held of a key when the comparison began, and what they hold at the moment looked at. */
export function BothVersions({
  exchange,
  keyName,
}: {
  readonly exchange: Exchange;
  readonly keyName: string;
}) {
  const history = useLab((state) => state.history);
  const cursor = useLab((state) => state.cursor);
  useLab((state) => state.historyVersion);
  const sides = [exchange.asker, exchange.peer];
  const moments = [
    ["When it began", exchange.began.at],
    [cursor === null ? "Now" : "At the moment looked at", cursor],
  ] as const;
  return (
    <section className={styles["both"]} aria-label={`Versions of ${keyName} on both sides`}>
      <h3>
        <code>{keyName}</code> on both sides
      </h3>
      <table>
        <thead>
          <tr>
            <th scope="col" aria-label="Moment" />
            {sides.map((node) => (
              <th key={node} scope="col">
                {node}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {moments.map(([words, at]) => {
            const { copies, writes } = copiesAt(history, asKey(keyName), at, sides);
            return (
              <tr key={words}>
                <th scope="row">{words}</th>
                {sides.map((node) => {
                  const versions = copies.find((copy) => copy.node === node)?.versions ?? [];
                  return (
                    <td key={node}>
                      {versions.length === 0 && "nothing"}
                      {versions.map(({ dot }) => {
                        const write = writes.get(dot);
                        const value = write?.op === "delete" ? "deleted" : (write?.value ?? null);
                        return (
                          <div key={dot}>
                            {value !== null && <span className={styles["value"]}>{value}</span>}{" "}
                            <code>{dot}</code>
                          </div>
                        );
                      })}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
      <Button onClick={() => openKey(keyName)}>Show it on all its replicas</Button>
    </section>
  );
}
