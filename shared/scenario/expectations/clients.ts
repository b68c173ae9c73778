/** Expectations on what clients asked and were answered. */
import type { CallRecord } from "../run.types.ts";
import { counted, rangeOf, verdictOn } from "./ranges.ts";
import { result, type Judge } from "./subject.ts";

const functionOf = ({ call: { request } }: CallRecord): string =>
  request.kind === "data" ? request.op : request.act.kind;

const keyOf = ({ call: { request } }: CallRecord) => (request.kind === "data" ? request.key : undefined);

/** What a put wrote, or the values a get was answered with; null when the answer never came. */
function valuesOf({ call: { request }, answer }: CallRecord): readonly string[] | null {
  if (request.kind === "data" && request.op === "put") return [request.value ?? ""];
  return answer === null ? null : answer.ok ? answer.values : [];
}

export const judgeOperations: Judge<"operations"> = (value, { record }) => {
  const { f, key, node, client, outcome, value: wanted, as } = value;
  const range = rangeOf(value);
  const kind = f ?? "operation";
  const words = [
    `${range.words} ${outcome === undefined ? kind : `${outcome} ${kind}`}`,
    ...(as === undefined ? [] : [`named ${as}`]),
    ...(key === undefined ? [] : [`of key ${key}`]),
    ...(wanted === undefined ? [] : [`with value "${wanted}"`]),
    ...(client === undefined ? [] : [`by client ${client}`]),
    ...(node === undefined ? [] : [`at ${node}`]),
  ].join(" ");
  const asked = record.calls.filter(
    (call) =>
      (f === undefined || functionOf(call) === f) &&
      (key === undefined || keyOf(call) === key) &&
      (node === undefined || call.call.node === node) &&
      (client === undefined || call.call.client === client) &&
      (as === undefined || call.as === as),
  );
  let [sure, open] = [0, 0];
  for (const call of asked) {
    const isUnderWay = call.returnedAt === null;
    const isOutcome = outcome === undefined || call.outcome === outcome;
    const values = valuesOf(call);
    const isValue = wanted === undefined || values?.includes(wanted) === true;
    if (isOutcome && isValue) sure += 1;
    else if (isUnderWay && (isValue || values === null)) open += 1;
  }
  const underWay = open === 0 ? "" : ` ${open} more had not returned at the end.`;
  const found = `There were ${sure} among ${counted(asked.length, kind)}.${underWay}`;
  return result(words, verdictOn(range, sure, open), found);
};
