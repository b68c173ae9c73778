/** What a conflict strategy decides: how a write changes a key, how two copies become one, what a reader is shown. */
import type { KeyState, Version } from "../../clock/dotted.ts";
import type { VectorClock } from "../../clock/vector-clock.ts";
import type { OperationErrorCode } from "../types.ts";

/** Why a write cannot be carried out; nothing has happened. */
export interface Refusal {
  readonly code: Extract<OperationErrorCode, "bad_value" | "bad_context" | "not_yet">;
  readonly message: string;
}

export interface Behaviour {
  /**
   * The key after `version`, by a client that had seen `context`. Its dot is newer than all in `known` and `context`,
   * and its stamp above those of all versions in `known`.
   */
  readonly write: (known: KeyState, version: Version, context: VectorClock) => KeyState | Refusal;
  /**
   * What two replicas know together: commutative, associative, idempotent. Returns `a` or `b` itself when the other
   * adds nothing.
   */
  readonly merge: (a: KeyState, b: KeyState) => KeyState;
  /** The values a reader is shown: one, or several that are concurrent. None: absent or deleted. */
  readonly values: (state: KeyState) => readonly string[];
}
