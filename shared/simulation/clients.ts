/** Clients of a simulated cluster: near their node, never cut off from it, and honest about what a failure means. */
import type { ActAnswer } from "../broadcast/types.ts";
import { formatDot } from "../clock/dotted.ts";
import type { NodeId, RequestId } from "../ids.ts";
import type { OperationOutcome } from "../replication/types.ts";
import { valuesShown } from "../replication/shown.ts";
import { writtenDot } from "../replication/written.ts";
import { actAnswered, dataAnswered, failed, harmless } from "../scenario/client-answers.ts";
import type { CallAnswer, ClientCall } from "../scenario/run.types.ts";
import type { SimulatedHost } from "./host.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface ClientsOptions {
  readonly time: VirtualTime;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The process that serves there now. */
  readonly running: (node: NodeId) => SimulatedHost | undefined;
  returned(call: ClientCall, answer: CallAnswer): void;
}

/** One way between a client and its node, and up to as much more. */
const wayUs = 100;
/** Longer than a coordinator waits for its replicas, so that its own answer is heard. As the lab's own client. */
const answerUs = 8_000_000;

export class Clients {
  readonly #options: ClientsOptions;
  /** Calls without an answer. */
  readonly #open = new Map<number, ClientCall>();

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** Answered once, through `returned`, after 8 s of virtual time at the latest. */
  call(call: ClientCall): void {
    const { time } = this.#options;
    this.#open.set(call.id, call);
    time.after(this.#way(), () => this.#arrive(call));
    time.after(answerUs, () => {
      this.#answer(
        call,
        failed("timed_out", `${call.node} did not answer within ${answerUs / 1e6} s.`, false),
      );
    });
  }

  #arrive(call: ClientCall): void {
    const host = this.#options.running(call.node);
    if (host === undefined) {
      const message = `${call.node} cannot be reached: choose another node.`;
      this.#back(call, failed("unreachable", message, true));
      return;
    }
    const broken = () => {
      const message = `The connection to ${call.node} broke before it answered.`;
      this.#back(call, failed("unreachable", message, false));
    };
    const { request } = call;
    if (request.kind === "act") {
      host.act(request.act, {
        answered: (answer, id) => this.#back(call, answerToAct(answer, id)),
        broken,
      });
      return;
    }
    const { kind: _, session, ...asked } = request;
    const isCausal = asked.consistency === "causal";
    host.request(
      { ...asked, ...(isCausal && { session: typeof session === "object" ? session : {} }) },
      { answered: (outcome, id) => this.#back(call, answerToData(asked.token, outcome, id)), broken },
    );
  }

  #back(call: ClientCall, answer: CallAnswer): void {
    this.#options.time.after(this.#way(), () => this.#answer(call, answer));
  }

  #answer(call: ClientCall, answer: CallAnswer): void {
    if (!this.#open.delete(call.id)) return;
    this.#options.returned(call, harmless(call, answer));
  }

  #way(): number {
    return wayUs + Math.floor(this.#options.random() * wayUs);
  }
}

function answerToAct(answer: ActAnswer, request: RequestId): CallAnswer {
  return answer.ok ? actAnswered(answer.id, request) : failed(answer.code, answer.message, true);
}

function answerToData(token: string | undefined, outcome: OperationOutcome, request: RequestId): CallAnswer {
  if (!outcome.ok) {
    const { code, message, definite } = outcome.error;
    return failed(code, message, definite);
  }
  const { op, state, session, repeated } = outcome.result;
  const dots = op === "get" ? state.versions.map(({ dot }) => dot) : [writtenDot(outcome.result, token)];
  return dataAnswered({
    values: [...valuesShown(outcome.result)],
    dots: dots.map(formatDot),
    context: state.context,
    session,
    repeated,
    request,
  });
}
