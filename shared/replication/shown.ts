/** What a client is shown of a key. */
import { liveValues } from "../clock/dotted.ts";
import type { OperationResult } from "./types.ts";

/** One value, or several that are concurrent; none when the key is absent or deleted. */
export const valuesShown = ({
  values,
  state,
}: Pick<OperationResult, "values" | "state">): readonly string[] => values ?? liveValues(state);
