import { confirm } from "../base/ask.ts";
import { labStore } from "../base/store.ts";
import type { MenuEntry } from "../base/ui/menu.tsx";
import type { Action, Call } from "./node-actions.ts";

/** Carries the calls out one after the other; the first that fails has shown its sentence and ends them. */
export async function act(calls: readonly Call[]): Promise<void> {
  const { run } = labStore.getState();
  for (const { command, params } of calls) {
    const answer = await run(command, params as never);
    if (answer === undefined) return;
  }
}

/** Asks first where the action cannot be undone. */
async function perform(action: Action): Promise<void> {
  if (action.ask === undefined || (await confirm(action.ask))) await act(action.calls);
}

/** The actions as menu entries, a line between groups. */
export function actionEntries(actions: readonly Action[]): MenuEntry[] {
  return actions.flatMap((action, index): MenuEntry[] => {
    const before = actions[index - 1];
    const item = {
      label: action.label,
      keys: action.keys,
      danger: action.isDanger === true,
      run: () => void perform(action),
    };
    return before !== undefined && before.group !== action.group ? ["separator", item] : [item];
  });
}
