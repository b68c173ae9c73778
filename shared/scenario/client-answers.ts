/** What clients of a run make of what their node answers: the same in the simulator as over HTTP. */
import { emptyClock, type VectorClock } from "../clock/vector-clock.ts";
import type { RequestId } from "../ids.ts";
import type { CallAnswer, ClientCall, ClientSession } from "./run.types.ts";

export const failed = (code: string, message: string, definite: boolean): CallAnswer => ({
  ok: false,
  definite,
  code,
  message,
});

/** A read has no effect whatever happens to it, so a failed one is certain to have had none. */
export function harmless({ request }: ClientCall, answer: CallAnswer): CallAnswer {
  const isRead = request.kind === "data" && request.op === "get";
  return isRead && !answer.ok ? { ...answer, definite: true } : answer;
}

/** `minted`: of mint. */
export const actAnswered = (minted: string | undefined, request: RequestId): CallAnswer => ({
  ok: true,
  values: [],
  dots: [],
  context: emptyClock,
  ...(minted !== undefined && { minted }),
  request,
});

export interface DataAnswered {
  readonly values: readonly string[];
  readonly dots: readonly string[];
  readonly context: VectorClock;
  readonly session?: ClientSession | undefined;
  readonly repeated?: boolean | undefined;
  readonly request: RequestId;
}

export const dataAnswered = ({ session, repeated, ...others }: DataAnswered): CallAnswer => ({
  ok: true,
  ...others,
  ...(session !== undefined && { session }),
  ...(repeated === true && { repeated }),
});
