/** The one error a window, a test or the command line ever gets from the lab. */

export const labErrorCodes = [
  "bad_input",
  "unknown_node",
  "unknown_session",
  "wrong_state",
  "bad_session_file",
  "newer_version",
  "port_in_use",
  "node_failed",
  "unreachable",
  "timed_out",
  "refused",
  "internal",
] as const;
export type LabErrorCode = (typeof labErrorCodes)[number];

/** An expected failure: `message` is one sentence that says what is wrong and what to do. Crosses every transport. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  /** For data commands: true when the operation certainly had no effect. */
  readonly definite: boolean;
  constructor(code: LabErrorCode, message: string, definite = true) {
    super(message);
    this.name = "LabError";
    this.code = code;
    this.definite = definite;
  }
}
