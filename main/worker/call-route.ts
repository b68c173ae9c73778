/** `POST /api/v1/call/{module}/{reducer}`: the body is the arguments, the answer comes when the change is durable. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestId } from "../../shared/ids.ts";
import type { Call, CallOutcome } from "../../shared/runtime/runtime.ts";
import { callError, notDurable } from "./call-errors.ts";
import { errorBody, HttpError, readBody, sendJson, statusOf } from "./http.ts";
import { namesIn } from "./table-routes.ts";

export const callPath = "/api/v1/call/";

const bodyBytesMax = 1024 * 1024;

export type RunCall = (call: Call, answer: (outcome: CallOutcome, request: RequestId) => void) => void;

/** Throws HttpError for what is wrong with the request. */
export async function handleCall(
  run: RunCall,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [module = "", reducer = ""] = namesIn(path, callPath);
  const args = await readArguments(request);
  run({ module, reducer, args }, (outcome, id) => {
    if (outcome.ok) {
      const { result, changed } = outcome;
      sendJson(response, 200, { module, reducer, result, changed, request_id: id });
      return;
    }
    const { code, shown, message } = callError(outcome.error);
    const isDefinite = outcome.error.code !== notDurable.code;
    sendJson(response, statusOf[code], errorBody(shown, message, isDefinite));
  });
}

/** An empty body is no arguments. Throws HttpError. */
export async function readArguments(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request, bodyBytesMax)).toString("utf8").trim();
  if (text === "") return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HttpError("bad_input", `The body must be the arguments as JSON, like {"account": "anna"}.`);
  }
}
