/** What a client is shown of a key. */
import { liveVersions } from "../clock/dotted.ts";
import type { OperationResult } from "./types.ts";

/** One value, or several that are concurrent; none when the key is absent or deleted. */
export const valuesShown = ({
  values,
  state,
}: Pick<OperationResult, "values" | "state">): readonly string[] =>
  values ?? liveVersions(state).map(({ value }) => value!);
