/** Which version a write made. */
import type { Dot } from "../clock/dotted.ts";
import type { OperationResult } from "./types.ts";

/**
 * The dot of what a put or delete wrote. Its state is that of its coordinator right after it, so it is the
 * coordinator's newest; of a repeated request, what the first one under its `token` had written.
 */
export function writtenDot({ coordinator, state, repeated }: OperationResult, token?: string): Dot {
  const mark = repeated && state.marks?.find((known) => known.token === token);
  return mark ? mark.dot : { node: coordinator, counter: state.context[coordinator] ?? 0 };
}
