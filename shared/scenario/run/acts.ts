/** Carries out acts: client calls go to their client, everything else to the world, and each is waited for. */
import type { Act } from "../../broadcast/types.ts";
import { emptyClock } from "../../clock/vector-clock.ts";
import type { Key, NodeId } from "../../ids.ts";
import type { ClientCall, FaultAction, NodeView, RunOutput } from "../run.types.ts";
import type { Action } from "../schema.ts";
import { actionWords, durationWords } from "../words.ts";
import { Calls } from "./calls.ts";
import type { ClusterWatch } from "./cluster.ts";
import { Timers } from "./timers.ts";

/** A world that has not carried out an act by then will not. */
const actLimitMs = 60_000;

const fillAtOnce = 64;

type Done = (error?: string) => void;
type Observed = (views: readonly NodeView[]) => void;
type Flap = Extract<Action, { readonly name: "flap" }>["value"];
type Fill = Extract<Action, { readonly name: "fill" }>["value"];
type DataAction = Extract<Action, { readonly name: "put" | "get" | "delete" }>;

export interface ActsOptions {
  readonly cluster: ClusterWatch;
  readonly timers: Timers;
  emit(output: RunOutput): void;
}

export class Acts {
  readonly calls: Calls;
  readonly snapshots = new Map<string, readonly NodeView[]>();
  readonly #options: ActsOptions;
  readonly #acts = new Map<number, Done>();
  readonly #observations = new Map<number, Observed>();
  /** Stops each flap that goes on. */
  readonly #flaps = new Set<() => void>();
  #lastId = 0;

  constructor(options: ActsOptions) {
    this.#options = options;
    this.calls = new Calls((call) => options.emit({ kind: "call", call }));
  }

  /** `done` is told once: answered or carried out, or one sentence why it could not be. A refused call is an answer. */
  perform(action: Action, done: Done, client?: string): void {
    switch (action.name) {
      case "put":
      case "get":
      case "delete":
        return this.#data(action, client, done);
      case "fill":
        return this.#fill(action.value, done);
      case "mint": {
        const { node, client: own, as } = action.value;
        return this.#ask({ node, client: own ?? client, as }, { kind: "act", act: { kind: "mint" } }, done);
      }
      case "local":
      case "tell":
      case "broadcast": {
        const { node, ...others } = action.value;
        const act = { kind: action.name, ...others } as Act;
        return this.#ask({ node, client }, { kind: "act", act }, done);
      }
      case "snapshot":
        return this.observe(action.value, (views) => {
          this.snapshots.set(action.value, views);
          done();
        });
      case "flap":
        return this.#flap(action.value, done);
      case "heal":
        for (const stop of this.#flaps) stop();
        return this.#fault(action, done);
      default:
        return this.#fault(action, done);
    }
  }

  observe(label: string, observed: Observed): void {
    const id = this.#nextId();
    this.#observations.set(id, observed);
    this.#options.emit({ kind: "observe", id, label });
  }

  /** Throws RangeError for an id that is not waited for. */
  done(id: number, error?: string): void {
    const done = this.#acts.get(id);
    if (done === undefined) throw new RangeError(`Act ${id} is not under way, and was said to be done.`);
    this.#acts.delete(id);
    done(error);
  }

  /** Throws RangeError for an id that is not waited for. */
  observed(id: number, views: readonly NodeView[]): void {
    const observed = this.#observations.get(id);
    if (observed === undefined) throw new RangeError(`Observation ${id} was not asked for.`);
    this.#observations.delete(id);
    observed(views);
  }

  #data({ name, value }: DataAction, by: string | undefined, done: Done): void {
    const { node, key, client = by, as, context, n, r, w, sloppy, consistency } = value;
    const read = context === undefined ? undefined : this.#contextOf(context);
    if (read === null) {
      done(`there is no answer named "${context}" whose context it could use`);
      return;
    }
    const quorum = { ...(n && { n }), ...(r && { r }), ...(w && { w }) };
    this.#ask(
      { node, client, as },
      {
        kind: "data",
        op: name,
        key: key as Key,
        ...("value" in value && { value: value.value }),
        ...(read && { context: read }),
        quorum,
        ...(sloppy !== undefined && { sloppy }),
        ...(consistency !== undefined && { consistency }),
        ...("token" in value && value.token !== undefined && { token: value.token }),
      },
      done,
    );
  }

  /** By as many clients as are needed to have {@link fillAtOnce} requests under way. */
  #fill({ node, keys, prefix, value }: Fill, done: Done): void {
    let open = keys;
    for (let index = 1; index <= keys; index++) {
      const key = `${prefix}${index}` as Key;
      const client = `fill-${(index % fillAtOnce) + 1}`;
      this.calls.ask(
        {
          client,
          node,
          as: null,
          request: { kind: "data", op: "put", key, value, quorum: {} },
          returned: () => {
            open -= 1;
            if (open === 0) done();
          },
        },
        this.#options.timers.now,
      );
    }
  }

  #contextOf(name: string) {
    if (name === "blind") return emptyClock;
    const answer = this.calls.answerOf(name);
    return answer?.ok === true ? answer.context : null;
  }

  #ask(
    who: { readonly node: NodeId; readonly client?: string | undefined; readonly as?: string | undefined },
    request: ClientCall["request"],
    done: Done,
  ): void {
    const { node, client = `client-${node}`, as = null } = who;
    this.calls.ask({ client, node, as, request, returned: () => done() }, this.#options.timers.now);
  }

  #fault(action: FaultAction, done: Done): void {
    const { timers, cluster } = this.#options;
    cluster.begin(action);
    const id = this.#nextId();
    const limit = timers.set(timers.now + actLimitMs, () => {
      this.#acts.set(id, () => undefined);
      done(`nothing came of "${actionWords(action)}" within ${durationWords(actLimitMs)}`);
    });
    this.#acts.set(id, (error) => {
      limit();
      if (error === undefined) cluster.done(action);
      done(error);
    });
    this.#options.emit({ kind: "fault", id, action });
  }

  /** Cut and open in turn, both ways, until something heals it. */
  #flap({ from, to, up, down }: Flap, done: Done): void {
    const { timers } = this.#options;
    let takeBack: (() => void) | null = null;
    const stop = () => {
      takeBack?.();
      this.#flaps.delete(stop);
    };
    const turn = (blocked: boolean, told: Done) => {
      takeBack = timers.set(timers.now + (blocked ? down : up), () => turn(!blocked, stopOnError));
      // Both at once: a heal that comes between them would leave one way cut.
      let open = 2;
      let failed: string | undefined;
      const oneDone: Done = (error) => {
        failed ??= error;
        if (--open === 0) told(failed);
      };
      this.#fault({ name: "link", value: { from, to, blocked } }, oneDone);
      this.#fault({ name: "link", value: { from: to, to: from, blocked } }, oneDone);
    };
    /** A node that is gone cannot flap any more. */
    const stopOnError: Done = (error) => {
      if (error !== undefined) stop();
    };
    this.#flaps.add(stop);
    turn(true, (error) => {
      stopOnError(error);
      done(error);
    });
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
