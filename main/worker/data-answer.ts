/**
 * Answers to data requests, in the shapes of the API.
 *
 * What a reader is shown depends on the key's conflict strategy (`values`); what is stored stands beside it whatever the
 * strategy (`siblings`, each with its dot), so that an answer can always be traced back to writes.
 */
import type { ServerResponse } from "node:http";
import { formatDot, liveVersions } from "../../shared/clock/dotted.ts";
import type { Key, RequestId } from "../../shared/ids.ts";
import type { OperationError, OperationResult } from "../../shared/replication/types.ts";
import { writtenDot } from "../../shared/replication/written.ts";
import type { DataRequest } from "./data-request.ts";
import { errorBody, sendJson, statusOf } from "./http.ts";
import type { Tokens } from "./tokens.ts";

/** A longer context stands in the body only: many clients refuse an answer whose headers are over 16 KiB in all. */
const contextHeaderCharsMax = 4 * 1024;

/** A key's versions as its conflict strategy shows them. */
export interface Shown {
  readonly values: readonly string[];
  /** Why a merge function of the user's own gave nothing: the versions are shown as they are. */
  readonly mergeError?: string;
}

export function sendResult(
  response: ServerResponse,
  tokens: Tokens,
  { value, token }: DataRequest,
  result: OperationResult,
  shown: Shown,
  request: RequestId,
): void {
  const { op, key } = result;
  const { values } = shown;
  const session = result.session === undefined ? undefined : tokens.ofSession(result.session);
  const sealed = tokens.ofContext(result.state.context);
  const headers = [
    ...(sealed.length > contextHeaderCharsMax ? [] : ["X-Lightcone-Context", sealed]),
    ...(session === undefined ? [] : ["X-Lightcone-Session", session]),
  ];
  const common = {
    ...commonFields(result, shown, request),
    ...(session !== undefined && { session }),
  };
  if (op === "get" && values.length === 0) {
    const absent = errorBody("not_found", `There is no value under the key "${key}".`);
    sendJson(response, 404, { ...absent, key, ...common }, headers);
    return;
  }
  const own =
    op === "get"
      ? { value: values[0] }
      : { ...(op === "put" ? { value } : { deleted: true }), dot: formatDot(writtenDot(result, token)) };
  sendJson(response, 200, { key, ...own, ...common }, headers);
}

function commonFields(result: OperationResult, { values, mergeError }: Shown, request: RequestId) {
  const { state, replicas } = result;
  return {
    responsible_node: replicas[0] ?? result.coordinator,
    replication_nodes: replicas,
    replication_result: {
      successful_nodes: result.successful,
      failed_nodes: result.failed,
      quorum_achieved: true,
    },
    vector_clock: { clocks: result.clock },
    event_count: result.eventCount,
    coordinator: result.coordinator,
    causal_hash: result.hash,
    context: state.context,
    values,
    conflict: values.length > 1,
    siblings: liveVersions(state).map(({ dot, value, at }) => ({ value, dot: formatDot(dot), at })),
    /** Of every version, tombstones included. */
    dots: state.versions.map(({ dot }) => formatDot(dot)),
    ...(result.repeated && { repeated: true }),
    ...(mergeError !== undefined && { merge_error: mergeError }),
    request_id: request,
  };
}

export function sendFailure(response: ServerResponse, key: Key, error: OperationError): void {
  sendJson(response, statusOf[error.code], {
    ...errorBody(error.code, error.message, error.definite),
    key,
    replication_nodes: error.replicas,
    replication_result: {
      successful_nodes: error.successful,
      failed_nodes: error.failed,
      quorum_achieved: false,
    },
  });
}
