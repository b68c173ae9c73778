/** What a refused call or query is in HTTP: the status says who has to act, the code is the module's own. */
import type { CallError } from "../../shared/runtime/runtime.ts";
import { type ErrorCode, HttpError } from "./http.ts";

/** Given instead of an answer when a call cannot be made durable: it may or may not be found after a restart. */
export const notDurable: CallError = {
  code: "not_durable",
  message: "The node could not make the call durable and ends; ask again once it is back.",
};

const kinds: Readonly<Record<string, ErrorCode>> = {
  no_such_module: "not_found",
  no_such_reducer: "not_found",
  no_such_query: "not_found",
  no_such_table: "not_found",
  bad_arguments: "bad_input",
  read_only: "method_not_allowed",
  replaying: "unavailable",
  reducer_failed: "internal",
  [notDurable.code]: "unavailable",
};

/** A code of a module's own is a refusal. */
export function callError({ code, message }: CallError): HttpError {
  const kind = Object.hasOwn(kinds, code) ? kinds[code]! : "refused";
  return new HttpError(kind, message, [], code);
}
