import { useCallback, useEffect, useRef, useState } from "react";
import type { NodeState } from "../../shared/contract/state.ts";
import type { NodeStorage } from "../../shared/contract/storage.ts";
import { labStore, sentenceOf, useLab } from "../base/store.ts";

const liveMs = 1_000;
/** A start is watched closely: its lines come one after the other. */
const startingMs = 250;
/** Files of a node that does not run change only when somebody breaks them. */
const filesMs = 4_000;

const periodOf = (status: NodeState["status"] | undefined) =>
  status === "starting" || status === "stopping" ? startingMs : status === "running" ? liveMs : filesMs;

interface Watched {
  /** Null until the first answer about this node. */
  readonly view: NodeStorage | null;
  /** Why the last question was not answered; the view is then the one before. */
  readonly error: string | null;
  /** Asks at once. */
  readonly refresh: () => void;
}

/** A node's storage, asked again and again; the same value until something in it has changed. */
export function useStorage(node: string, status: NodeState["status"] | undefined): Watched {
  const [state, setState] = useState<Omit<Watched, "refresh">>({ view: null, error: null });
  const askNow = useRef<(() => void) | null>(null);
  const connected = useLab((lab) => lab.connected);
  const periodMs = periodOf(status);
  useEffect(() => {
    const { connection } = labStore.getState();
    if (connection === null || connected !== "open") return undefined;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let newest = 0;
    const ask = async () => {
      if (timer !== null) clearTimeout(timer);
      const own = ++newest;
      try {
        const view = await connection.call("node.storage", { node });
        if (own === newest) setState((before) => ({ view: steady(before.view, view), error: null }));
      } catch (error) {
        if (own === newest) setState((before) => ({ ...before, error: sentenceOf(error) }));
      }
      if (own === newest) timer = setTimeout(() => void ask(), periodMs);
    };
    askNow.current = () => void ask();
    void ask();
    return () => {
      newest = -1;
      askNow.current = null;
      if (timer !== null) clearTimeout(timer);
    };
  }, [node, periodMs, connected]);
  const refresh = useCallback(() => askNow.current?.(), []);
  return { ...state, refresh };
}

/** What is the same stays the same value, so that nothing is drawn anew for it. */
function steady(before: NodeStorage | null, now: NodeStorage): NodeStorage {
  return before !== null && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
