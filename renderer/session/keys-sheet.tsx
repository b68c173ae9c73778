import { useState } from "react";
import { allCommands, commandGroups, isPresent, titleOf } from "../base/commands.ts";
import { labStore } from "../base/store.ts";
import { Dialog } from "../base/ui/dialog.tsx";
import { Kbd } from "../base/ui/kbd.tsx";
import styles from "./keys-sheet.module.css";

const pointer = [
  ["Wheel", "Move through time"],
  ["Ctrl + wheel", "Zoom at the pointer"],
  ["Drag", "Move the timeline"],
  ["Shift + drag", "Select a span of time"],
  ["Double-click", "Go to the cause of an event"],
  ["Drag across links", "Cut links, on the cluster map"],
  ["Right click", "All that can be done there"],
] as const;

/** Every key there is, from the one list of commands. */
export function KeysSheet() {
  const [state] = useState(() => labStore.getState());
  const commands = allCommands().filter((command) => command.keys !== undefined && isPresent(command, state));
  return (
    <Dialog title="All keys" size="large" onClose={() => state.openOverlay(null)}>
      <div className={styles["columns"]}>
        {commandGroups.map((group) => {
          const inGroup = commands.filter((command) => command.group === group);
          if (inGroup.length === 0) return null;
          return (
            <section key={group} className={styles["group"]}>
              <h3>{group}</h3>
              <dl>
                {inGroup.map((command) => (
                  <div key={command.id} className={styles["row"]}>
                    <dt>{titleOf(command, state)}</dt>
                    <dd>
                      {command.keys!.map((keys) => (
                        <Kbd key={keys} keys={keys} />
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
        <section className={styles["group"]}>
          <h3>Pointer</h3>
          <dl>
            {pointer.map(([gesture, effect]) => (
              <div key={gesture} className={styles["row"]}>
                <dt>{effect}</dt>
                <dd>{gesture}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
