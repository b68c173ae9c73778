/** What two nodes say to each other while they compare, in sentences. */
import { number, texts } from "../../shared/trace/detail.ts";
import type { Exchange, ExchangeMessage } from "../../shared/trace/exchange.ts";
import { bytesText, plural } from "../session/words.ts";

const separator = /[,|+\s]+/;

/** A range is named by the owners of its keys. */
export const rangeWords = (range: string) => range.split(separator).join(", ");

export function messageWords({ kind, from, to, send, hashes, lost }: ExchangeMessage): string {
  const { detail = {} } = send;
  const said = saidWords(kind, from, to, number(detail["level"]) ?? 0, hashes, detail["again"] === true);
  const keys = texts(detail["keys"]).length;
  const told = kind === "REPAIR" || kind === "REPAIRED" ? repairWords(kind, from, to, keys) : said;
  return lost === null ? told : `${told} The message was lost.`;
}

function saidWords(
  kind: string,
  from: string,
  to: string,
  level: number,
  count: number,
  isAgain: boolean,
): string {
  switch (kind) {
    case "COMPARE":
      if (level === 0) return `${from} sends ${to} one hash over all the keys both own.`;
      if (level === 1) return `${from} sends the root hash of each range, ${plural(count, "range")}.`;
      return `${from} opens what differs: ${plural(count, "hash", "hashes")} of level ${level}.`;
    case "COMPARED":
      if (count === 0) return `${from} answers: all equal. Nothing below needs to be looked at.`;
      if (level === 0) return `${from} answers: its hash is another. Somewhere something differs.`;
      return `${from} answers: ${count === 1 ? "1 differs" : `${count} differ`}, the others are equal and stay closed.`;
    case "COMPARE_KEYS":
      return isAgain
        ? `${from} waited for writes on their way and asks again about ${plural(count, "key")}.`
        : `${from} sends the digests of ${plural(count, "key")} under the leaves that differ.`;
    case "COMPARED_KEYS":
      return count === 0
        ? `${from} answers: these keys are equal now.`
        : `${from} answers: ${plural(count, "key")} ${count === 1 ? "differs" : "differ"}.`;
    case "DECLINE":
      return `${from} declines: the two see different rings, so their trees cannot be compared yet.`;
    case "OFFER":
      return `${from} offers keys that it holds and ${to} owns.`;
    case "WANTED":
      return `${from} asks for those of which it lacks a write.`;
    default:
      return `${from} sends ${kind} to ${to}.`;
  }
}

function repairWords(kind: "REPAIR" | "REPAIRED", from: string, to: string, keys: number): string {
  if (kind === "REPAIR") return `${from} sends its versions of ${plural(keys, "key")}; ${to} merges them.`;
  return keys === 0
    ? `${from} has merged them and made them durable.`
    : `${from} has merged them, and sends back ${plural(keys, "key")} of which it knew more.`;
}

export function outcomeWords({ ended }: Exchange): string {
  if (ended === null) return "under way";
  if (ended.outcome !== "repaired") return ended.outcome;
  return `${plural(ended.keys.length, "key")} repaired`;
}

/** "1.2 kB of 48 kB, 2.5 %". Null where there was nothing to send. */
export function savingWords(bytes: number, everything: number): string | null {
  if (everything <= 0) return null;
  const share = (bytes / everything) * 100;
  const percent = share >= 10 ? share.toFixed(0) : share >= 0.1 ? share.toFixed(1) : share.toPrecision(1);
  return `${bytesText(bytes)} instead of ${bytesText(everything)} for everything, ${percent} %`;
}
