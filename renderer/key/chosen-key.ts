import { useState } from "react";
import { labStore, useLab } from "../base/store.ts";

/** The key that was selected last; it stays when the selection moves on to a node. Null before there was any. */
export function useChosenKey(): string | null {
  const now = useLab(({ selection, history }) => {
    if (selection?.kind === "key") return selection.key;
    return selection?.kind === "event" ? (history.event(selection.id)?.key ?? null) : null;
  });
  const [kept, setKept] = useState<string | null>(null);
  if (now !== null && now !== kept) setKept(now);
  return now ?? kept;
}

/** Selects a key and shows it on all its replicas. */
export function openKey(key: string): void {
  const { select, showDrawer } = labStore.getState();
  select({ kind: "key", key });
  showDrawer("key");
}
