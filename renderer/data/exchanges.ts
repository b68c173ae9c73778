import { create } from "zustand";
import { LabError } from "../../shared/contract/errors.ts";
import type { DataOperation } from "../../shared/replication/types.ts";
import { type History, lowerBound } from "../../shared/trace/history.ts";
import { labStore, sentenceOf } from "../base/store.ts";
import type { Exchange, Failure, WriteMode } from "./answers.ts";

/** How a request is to be served; empty fields leave it to the cluster. */
export interface Asked {
  readonly sloppy: "" | "sloppy" | "strict";
  readonly consistency: "" | "causal" | "strong";
  readonly token: string;
}

/** What the form of the data panel holds, and what was asked and answered; it stays while other panels are shown. */
interface DataStore {
  readonly node: string | null;
  readonly key: string;
  readonly value: string;
  readonly mode: WriteMode;
  /** Empty fields leave the cluster's own setting. */
  readonly quorum: { readonly n: string; readonly r: string; readonly w: string };
  readonly asked: Asked;
  /** Newest first. */
  readonly exchanges: readonly Exchange[];
}

const exchangesMax = 50;
let lastNumber = 0;

export const useData = create<DataStore>()(() => ({
  node: null,
  key: "user:1",
  value: "",
  mode: "coordinator",
  quorum: { n: "", r: "", w: "" },
  asked: { sloppy: "", consistency: "", token: "" },
  exchanges: [],
}));

/** The newest context that was read or written of a key: what a client would send back. */
export function contextOf(exchanges: readonly Exchange[], key: string): Exchange["answer"] {
  return exchanges.find((exchange) => exchange.key === key && exchange.answer !== null)?.answer ?? null;
}

/** What is sent for a write. `context` decides what it replaces. */
export function contextFor(
  mode: WriteMode,
  exchanges: readonly Exchange[],
  key: string,
): { context?: Record<string, number> } {
  if (mode === "coordinator") return {};
  if (mode === "blind") return { context: {} };
  const read = contextOf(exchanges, key);
  return read === null ? {} : { context: { ...read.context } };
}

/** Only the quorum fields that hold a number. */
function quorumFor(fields: DataStore["quorum"]): { n?: number; r?: number; w?: number } {
  const given = Object.entries(fields).filter(([, text]) => /^\d+$/.test(text.trim()));
  return Object.fromEntries(given.map(([name, text]) => [name, Number(text)]));
}

/** Only what was chosen. A causal request takes up the session where the newest causal answer left it. */
function askedFor({ sloppy, consistency, token }: Asked, op: DataOperation, exchanges: readonly Exchange[]) {
  const session = exchanges.find(({ answer }) => answer?.session !== undefined)?.answer?.session;
  return {
    ...(sloppy !== "" && { sloppy: sloppy === "sloppy" }),
    ...(consistency !== "" && { consistency }),
    ...(consistency === "causal" && session !== undefined && { session }),
    ...(token !== "" && op !== "get" && { token }),
  };
}

/** Asks through the chosen node and keeps the answer, or why there is none. */
export async function ask(
  op: DataOperation,
  node: string,
  key: string,
  write: { readonly value?: string; readonly context?: Record<string, number> } = {},
): Promise<void> {
  const { connection, history } = labStore.getState();
  if (connection === null) return;
  const number = ++lastNumber;
  const first: Exchange = {
    number,
    op,
    node,
    key,
    value: write.value ?? null,
    after: history.all.at(-1)?.id ?? 0,
    answer: null,
    failure: null,
  };
  useData.setState(({ exchanges }) => ({ exchanges: [first, ...exchanges].slice(0, exchangesMax) }));
  const settle = (change: Partial<Exchange>) =>
    useData.setState(({ exchanges }) => ({
      exchanges: exchanges.map((exchange) =>
        exchange.number === number ? { ...exchange, ...change } : exchange,
      ),
    }));
  try {
    const { quorum, asked, exchanges } = useData.getState();
    const params = { node, key, ...quorumFor(quorum), ...askedFor(asked, op, exchanges), ...write };
    settle({ answer: await connection.call(`data.${op}`, params) });
  } catch (error) {
    settle({ failure: failureOf(error) });
  }
}

/** An error that does not say whether the operation happened is taken as one that may have. */
function failureOf(error: unknown): Failure {
  return error instanceof LabError
    ? { code: error.code, message: error.message, definite: error.definite }
    : { code: "internal", message: sentenceOf(error), definite: false };
}

/** Brings a key into the form and reads it. */
export function readKey(node: string, key: string): void {
  useData.setState({ key });
  void ask("get", node, key);
}

/** The event with which the exchange reached its node: the first that fits after it was sent. Undefined before it is here. */
export function requestEventOf(history: History, exchange: Exchange): number | undefined {
  const { all } = history;
  for (let index = lowerBound(all, (event) => event.id <= exchange.after); index < all.length; index++) {
    const { id, name, op, key, node } = all[index]!;
    if (name === "request" && op === exchange.op && key === exchange.key && node === exchange.node) return id;
  }
  return undefined;
}
