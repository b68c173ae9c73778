/**
 * `PUT`, `GET` and `DELETE /api/v1/data/{key}`: the hot path.
 *
 * A write without a context overwrites what its coordinator has seen; one with a context overwrites exactly what that
 * had seen; the empty context `{}` overwrites nothing. How it is asked stands in ./data-request, how it is answered in
 * ./data-answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestId } from "../../shared/ids.ts";
import type { OperationOutcome, OperationResult } from "../../shared/replication/types.ts";
import { sendFailure, sendResult, type Shown } from "./data-answer.ts";
import { type DataRequest, readDataRequest } from "./data-request.ts";
import { sendError } from "./http.ts";
import type { Tokens } from "./tokens.ts";

export interface DataService {
  readonly tokens: Tokens;
  /** Replicas of a key where a request does not say. */
  readonly replicas: number;
  readonly run: RunOperation;
  /** What its client is shown of a key. A merge function of the user's own takes its time. */
  readonly show: (result: OperationResult) => Shown | Promise<Shown>;
}

type RunOperation = (
  request: DataRequest,
  reply: (outcome: OperationOutcome, request: RequestId) => void,
) => void;

/** Answers every request below `dataPath`. Throws HttpError for what is wrong with the request. */
export async function handleData(
  { tokens, replicas, run, show }: DataService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = await readDataRequest(request, tokens, replicas);
  run(asked, (outcome, id) => {
    if (!outcome.ok) {
      sendFailure(response, asked.key, outcome.error);
      return;
    }
    const { result } = outcome;
    const send = (shown: Shown) => sendResult(response, tokens, asked, result, shown, id);
    const shown = show(result);
    if (shown instanceof Promise) shown.then(send).catch((error: unknown) => sendError(response, error));
    else send(shown);
  });
}
