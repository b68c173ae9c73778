import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useState } from "react";
import {
  allCommands,
  commandGroups,
  isEnabled,
  runCommand,
  titleOf,
  type WindowCommand,
} from "../base/commands.ts";
import { labStore } from "../base/store.ts";
import { Dialog } from "../base/ui/dialog.tsx";
import { Kbd } from "../base/ui/kbd.tsx";
import { scoreOf } from "./palette-score.ts";
import styles from "./palette.module.css";

interface Offer {
  readonly command: WindowCommand;
  readonly title: string;
}

/** What can run at the moment the palette opens: a list that moves while one types would be a trap. */
function offersNow(): readonly Offer[] {
  const state = labStore.getState();
  return allCommands()
    .filter((command) => command.keyOnly !== true && isEnabled(command, state))
    .map((command) => ({ command, title: titleOf(command, state) }));
}

const close = () => labStore.getState().openOverlay(null);

/** Every command that can run now, found by typing. */
export function Palette() {
  const [offers] = useState(offersNow);
  const byId = new Map(offers.map((offer) => [offer.command.id, offer]));
  const run = (id: string) => {
    close();
    runCommand(id);
  };
  const fit = (id: string, typed: string) => {
    const offer = byId.get(id);
    return offer === undefined
      ? 0
      : scoreOf(offer.title, `${offer.command.words ?? ""} ${offer.command.group}`, typed);
  };
  return (
    <Dialog title="Command palette" bare onClose={close}>
      <Command className={styles["palette"]} label="Command palette" filter={fit} loop>
        <div className={styles["head"]}>
          <Search aria-hidden />
          <Command.Input className={styles["input"]} data-focus placeholder="What shall be done?" />
        </div>
        <Command.List className={styles["list"]}>
          <Command.Empty className={styles["empty"]}>
            No command is called that. Try “cut”, “theme” or “node”.
          </Command.Empty>
          {commandGroups.map((group) => {
            const inGroup = offers.filter(({ command }) => command.group === group);
            if (inGroup.length === 0) return null;
            return (
              <Command.Group key={group} heading={group} className={styles["group"]}>
                {inGroup.map(({ command, title }) => (
                  <Command.Item
                    key={command.id}
                    value={command.id}
                    className={styles["item"]}
                    onSelect={() => run(command.id)}
                  >
                    {title}
                    {command.keys?.[0] !== undefined && <Kbd keys={command.keys[0]} />}
                  </Command.Item>
                ))}
              </Command.Group>
            );
          })}
        </Command.List>
      </Command>
    </Dialog>
  );
}
