/**
 * Why no order exists, in sentences: which operations the times put in order, and where each order that the times allow
 * comes to an end. Written for a small counter-example; of a large one only the times are not told.
 */
import type { Action, CompiledObject, LinearizableModelName, Model } from "../models/model.ts";
import { canonical, shortened } from "../models/model.ts";
import type { Operation } from "../types.ts";
import type { Smallest } from "./counter-example.ts";

const describedMax = 8;
const endsMax = 4;
const stepsMax = 20_000;

/** A key as it stands in a sentence; a number alone would be taken for a value. */
const keyName = (key: string) => (/^\d/.test(key) ? `key ${key}` : key);

/** What a sentence calls the object: its key, or the kind of thing it is. */
export const objectName = (key: string | null, model: LinearizableModelName) =>
  key === null ? `the ${model.split("-")[0]}` : keyName(key);

/** "write of 2 to x by process 1". */
function nameOf(operation: Operation): string {
  const { f, key, process } = operation;
  const input = operation.input === null ? "" : ` of ${shortened(canonical(operation.input))}`;
  const links: Readonly<Record<string, string>> = { remove: "from", contains: "in", cas: "on" };
  const link = links[f] ?? (input === "" ? "of" : "to");
  return `${f}${input}${key === null ? "" : ` ${link} ${keyName(key)}`} by process ${process}`;
}

/** Names that tell the operations apart. */
function namesOf(operations: readonly Operation[]): readonly string[] {
  const names = operations.map(nameOf);
  return names.map((name, index) => {
    const isAlone = names.every((other, at) => at === index || other !== name);
    const { id, line } = operations[index]!;
    return isAlone
      ? `the ${name}`
      : `the ${name} (${line === undefined ? `operation ${id}` : `line ${line}`})`;
  });
}

const sentence = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

const precedes = (a: Operation, b: Operation) => a.outcome === "ok" && a.returned < b.invoked;

/** Pairs that the times put in order, without those that follow from two others. */
function orderSentences(operations: readonly Operation[], names: readonly string[]): string[] {
  const sentences: string[] = [];
  operations.forEach((a, index) => {
    operations.forEach((b, other) => {
      if (!precedes(a, b) || operations.some((c) => precedes(a, c) && precedes(c, b))) return;
      sentences.push(sentence(`${names[index]} had returned before ${names[other]} began`));
    });
  });
  operations.forEach((operation, index) => {
    if (operation.outcome === "ok") return;
    sentences.push(
      sentence(`${names[index]} got no answer: it may take effect at any time after it began, or never`),
    );
  });
  return sentences;
}

/** An order that fits as far as it goes: what was taken, the state then, and an operation that could come next but for its answer. */
interface End {
  readonly taken: readonly number[];
  readonly state: string;
  readonly stuck: readonly number[];
}

function endsOf(operations: readonly Operation[], compiled: CompiledObject): readonly End[] | null {
  const ends: End[] = [];
  let steps = 0;
  const walk = (taken: readonly number[], state: string): boolean => {
    if (++steps > stepsMax) return false;
    const left = operations.flatMap((_, index) => (taken.includes(index) ? [] : [index]));
    const possible = left.filter((b) => !left.some((a) => precedes(operations[a]!, operations[b]!)));
    const next = possible.flatMap((index) => {
      const action: Action | null | undefined = compiled.actions[index];
      const after = action?.apply(state) ?? null;
      return after === null ? [] : [{ index, after }];
    });
    const stuck = possible.filter(
      (index) => operations[index]!.outcome === "ok" && !next.some((step) => step.index === index),
    );
    if (next.length === 0 && stuck.length > 0) ends.push({ taken, state, stuck });
    return next.every(({ index, after }) => walk([...taken, index], after));
  };
  return walk([], compiled.initial) ? ends : null;
}

const list = (items: readonly string[], last: string) =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)}`;

function answerOf(operation: Operation): string {
  return operation.output === null && operation.f !== "dequeue"
    ? "found nothing"
    : `answered ${shortened(canonical(operation.output))}`;
}

function endSentence(
  end: End,
  operations: readonly Operation[],
  names: readonly string[],
  object: string,
  compiled: CompiledObject,
  alone: string,
): string {
  const when =
    end.taken.length === 0
      ? `${alone}at the start`
      : `${alone}after ${end.taken.map((index) => names[index]!).join(", then ")},`;
  const stuck = end.stuck.map((index) => {
    const operation = operations[index]!;
    // A write or a cas says by its success, not by its answer, what it found.
    return operation.output === null && !["read", "get", "dequeue"].includes(operation.f)
      ? `${names[index]!} could not have succeeded`
      : `${names[index]!} ${answerOf(operation)}`;
  });
  return sentence(`${when} ${object} ${compiled.show(end.state)}, but ${list(stuck, "and")}`);
}

/** Sentences for a teacher's board. `others`: how many more operations there were on this object. */
export function explain(
  model: Model,
  { operations, isWhole }: Smallest,
  others: number,
  object: string,
): readonly string[] {
  const names = namesOf(operations);
  const alone = isWhole ? "" : "of these operations alone, ";
  const why: string[] = [];
  if (operations.length <= describedMax) {
    const compiled = model.compile(operations, true);
    why.push(...orderSentences(operations, names));
    const ends = [...(endsOf(operations, compiled) ?? [])].sort((a, b) => b.taken.length - a.taken.length);
    why.push(
      ...ends.slice(0, endsMax).map((end) => endSentence(end, operations, names, object, compiled, alone)),
    );
    if (ends.length > endsMax) why.push(`${ends.length - endsMax} more orders end in the same way.`);
  } else {
    why.push(
      `None of the orders of these ${operations.length} operations that their times allow explains every answer.`,
    );
  }
  if (others > 0) {
    why.push(
      others === 1
        ? `The one other operation on ${object} does not help, even if it took effect at any time, or never.`
        : `The ${others} other operations on ${object} do not help, even if each took effect at any time, or never.`,
    );
  }
  return why;
}
