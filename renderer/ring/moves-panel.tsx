import { CircleCheck, CircleX, Hourglass } from "lucide-react";
import type { ModelMove, SessionModel } from "../../shared/trace/model.ts";
import { useLab } from "../base/store.ts";
import { agoText } from "../cluster/beliefs.ts";
import { plural } from "../session/words.ts";
import styles from "./ring.module.css";

/** What is over is still shown for so long. */
const shownForMs = 60_000;
/** As long as the slowest move goes on, in order. */
const phases = ["waiting", "receiving", "switching", "done"];
const verbs: Readonly<Record<string, string>> = { join: "joins", leave: "leaves", rebuild: "is rebuilt" };

/** Keys on their way because a node joins or leaves: how far each node is, and for whom it waits. */
export function MovesPanel({ model }: { readonly model: SessionModel }) {
  const select = useLab((state) => state.select);
  // A node that joined an empty cluster moved nothing.
  const moves = [...model.moves.values()].filter(
    (move) => !isOver(move) || (move.keys > 0 && model.at - move.at < shownForMs),
  );
  if (moves.length === 0) return null;
  const about = [...new Set(moves.map((move) => move.about))];
  return (
    <section className={styles["movement"]} aria-label="Keys on their way">
      {about.map((node) => {
        const own = moves.filter((move) => move.about === node);
        return (
          <div key={node}>
            <h4>
              {node} {verbs[own[0]!.kind] ?? own[0]!.kind}
            </h4>
            <ul>
              {own.map((move) => (
                <li key={move.node}>
                  <button type="button" onClick={() => select({ kind: "event", id: move.event })}>
                    <Sign phase={move.phase} /> {move.node !== node && `${move.node}: `}
                    {move.phase}
                    {move.keys > 0 && `, ${plural(move.keys, "key")}${isOver(move) ? "" : " so far"}`}
                    {move.waitingFor.length > 0 && `, waits for ${move.waitingFor.join(", ")}`}
                    <span className={styles["ago"]}> {agoText(model.at - move.at)} ago</span>
                  </button>
                  {!isOver(move) && (
                    <progress
                      aria-label={`Phase ${phases.indexOf(move.phase) + 1} of ${phases.length}`}
                      max={phases.length - 1}
                      value={Math.max(0, phases.indexOf(move.phase))}
                    />
                  )}
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

const isOver = ({ phase }: ModelMove) => phase === "done" || phase === "given up";

function Sign({ phase }: { readonly phase: string }) {
  const Icon = phase === "done" ? CircleCheck : phase === "given up" ? CircleX : Hourglass;
  return <Icon aria-hidden className={styles["icon"]} />;
}
