/** Expectations on anti-entropy: what two nodes compared, and what travelled. */
import { text } from "../../trace/detail.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { counted, rangeOf, verdictOn } from "./ranges.ts";
import { result, type Judge } from "./subject.ts";

const numberIn = (event: RecordedEvent, name: string) => {
  const value = event.detail?.[name];
  return typeof value === "number" ? value : 0;
};

export const judgeExchange: Judge<"exchange"> = (
  { node, with: peer, nth, outcome, keys, hashes },
  subject,
) => {
  const keyRange = rangeOf(keys ?? {}, 0);
  const hashRange = rangeOf(hashes ?? {}, 0);
  const words = [
    `comparison ${nth} of ${node ?? "any node"}${peer === undefined ? "" : ` with ${peer}`}`,
    ...(outcome === undefined ? [] : [`ends ${outcome}`]),
    ...(keys === undefined ? [] : [`transfers ${keyRange.words} keys`]),
    ...(hashes === undefined ? [] : [`compares ${hashRange.words} hashes`]),
  ].join(", ");
  const endings = subject.inTime.filter(
    (event) =>
      event.name === "exchange-ended" &&
      (node === undefined || event.node === node) &&
      (peer === undefined || event.detail?.["peer"] === peer),
  );
  const event = endings[nth - 1];
  if (event === undefined) return result(words, "violated", `There were ${endings.length}.`);
  const transferred = event.detail?.["keys"];
  const count = Array.isArray(transferred) ? transferred.length : 0;
  const compared = numberIn(event, "hashes");
  const bytes = `${numberIn(event, "bytes")} bytes of ${numberIn(event, "everything")}`;
  const ended = text(event.detail?.["outcome"]) ?? "without a word";
  const found = `It ended ${ended}, with ${counted(count, "key")} transferred, ${counted(compared, "hash", "hashes")} compared and ${bytes} sent.`;
  const isOutcome = outcome === undefined || event.detail?.["outcome"] === outcome;
  const isMet =
    isOutcome && verdictOn(keyRange, count) === "holds" && verdictOn(hashRange, compared) === "holds";
  return result(words, isMet ? "holds" : "violated", found, [event]);
};
