/** Ids that are handed out: no two answers may be equal, whoever asked and whenever. */
import { inShort } from "./json.ts";
import { canonical } from "./models/model.ts";
import type { History, Operation, Verdict } from "./types.ts";
import { did, invalid, plural, sentence, valid } from "./words.ts";

const checker = "unique-ids";
export const uniqueIdsFunctions = ["generate", "mint"] as const;

/** Every acknowledged operation hands out the id it answered. */
export function checkUniqueIds(history: History): Verdict {
  const first = new Map<string, Operation>();
  for (const operation of history) {
    if (operation.outcome !== "ok") continue;
    const id = canonical(operation.output);
    const other = first.get(id);
    if (other !== undefined) {
      return invalid(
        checker,
        history.length,
        `The id ${inShort(operation.output)} was handed out twice.`,
        [other, operation],
        [sentence(did(other)), sentence(`${did(operation)}, the same id`)],
      );
    }
    first.set(id, operation);
  }
  return valid(checker, history.length, `All ${plural(first.size, "id")} differ.`);
}
