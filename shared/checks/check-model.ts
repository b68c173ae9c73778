/** Every model a person can name, and the checker behind it. */
import { accessFunctions } from "./accesses.ts";
import { bankFunctions, checkBank } from "./bank.ts";
import { checkCausal } from "./causal.ts";
import { checkLinearizable } from "./linearizability/check.ts";
import { linearizableModels } from "./models/all.ts";
import { type LinearizableModelName, unknownFunction } from "./models/model.ts";
import { checkSession } from "./session.ts";
import { checkSetFull, setFullFunctions } from "./set-full.ts";
import type { History, Limits, Verdict } from "./types.ts";
import { checkUniqueIds, uniqueIdsFunctions } from "./unique-ids.ts";

interface NamedModel {
  /** One sentence for the help. */
  readonly description: string;
  /** True when what a process did before matters: the history must tell clients apart. */
  readonly needsSessions: boolean;
  readonly check: (history: History, limits: Limits) => Verdict;
}

type OtherModelName = "session" | "causal" | "bank" | "set-full" | "unique-ids";
type ModelName = LinearizableModelName | OtherModelName;

/** A checker of this folder, asked only about operations it understands. */
function other(
  name: OtherModelName,
  functions: readonly string[],
  description: string,
  check: NamedModel["check"],
): NamedModel {
  return {
    description,
    needsSessions: name === "session" || name === "causal",
    check: (history, limits) => {
      const strange = history.find(({ f }) => !functions.includes(f));
      if (strange !== undefined) throw unknownFunction(name, functions, strange);
      return check(history, limits);
    },
  };
}

const linearizable = Object.fromEntries(
  Object.values(linearizableModels).map((model): [string, NamedModel] => [
    model.name,
    {
      description: model.description,
      needsSessions: false,
      check: (history, limits) => checkLinearizable(history, model, limits),
    },
  ]),
) as Record<LinearizableModelName, NamedModel>;

/** By the name after `--model`. */
export const models: Readonly<Record<ModelName, NamedModel>> = {
  ...linearizable,
  session: other(
    "session",
    accessFunctions,
    "Read your writes, monotonic reads, monotonic writes, writes follow reads; every value written once to a key.",
    checkSession,
  ),
  causal: other(
    "causal",
    accessFunctions,
    "Causal consistency of reads and writes; every value written once to a key.",
    checkCausal,
  ),
  bank: other(
    "bank",
    bankFunctions,
    "Transfers between accounts; every read of all balances has the same total, none is below zero.",
    (history) => checkBank(history),
  ),
  "set-full": other(
    "set-full",
    setFullFunctions,
    "A set that may be stale for a while: no acknowledged element lost, none back after its removal, none twice.",
    checkSetFull,
  ),
  "unique-ids": other("unique-ids", uniqueIdsFunctions, "Ids that are handed out: none twice.", (history) =>
    checkUniqueIds(history),
  ),
};

const isModelName = (name: string): name is ModelName => Object.hasOwn(models, name);

/**
 * Checks under the model of this name. Throws RangeError when there is none, and Error when the model does not
 * understand an operation of the history; each with one sentence.
 */
export function checkModel(name: string, history: History, limits: Limits): Verdict {
  if (!isModelName(name)) {
    throw new RangeError(`There is no model "${name}"; choose one of ${Object.keys(models).join(", ")}.`);
  }
  return models[name].check(history, limits);
}
