/** What a client is shown: the core's answer, and where a key's strategy is a user's own, what that makes of it. */
import type { OperationResult } from "../../../shared/replication/types.ts";
import { valuesShown } from "../../../shared/replication/shown.ts";
import type { Strategies } from "../../../shared/replication/strategies/behaviours.ts";
import type { Shown } from "../data-answer.ts";
import type { Merges } from "./merges.ts";

const custom = "custom:";

export function showing(strategies: Strategies, merges: Merges) {
  return (result: OperationResult): Shown | Promise<Shown> => {
    const values = valuesShown(result);
    const strategy = strategies.of(result.key);
    if (values.length < 2 || !strategy.startsWith(custom)) return { values };
    return merges
      .resolve(strategy.slice(custom.length), values)
      .then((merged) =>
        "value" in merged ? { values: [merged.value] } : { values, mergeError: merged.error },
      );
  };
}
