/**
 * Calls of reducers at this node: each is carried out in the step that brings it, once, and leaves its mutations as a
 * record of that step. So the answer, like any other, leaves when they are durable, and a client that was answered finds
 * its change after any crash.
 *
 * Rows of a module belong to the node that was called: they are not replicated.
 */
import type { NodeId } from "../ids.ts";
import type { Call } from "../runtime/runtime.ts";
import { Runtime } from "../runtime/runtime.ts";
import { internal } from "./describe.ts";
import type { Outbox } from "./outbox.ts";
import { createRandom } from "./random.ts";
import type { Input, ReplicaConfig, Restored } from "./types.ts";

export class Calls {
  readonly #node: NodeId;
  readonly #runtime: Runtime;
  readonly #random: () => number;
  readonly #out: Outbox;

  /** Throws RangeError when the modules make no sense. */
  constructor({ node, modules, seed }: ReplicaConfig, { tables = [] }: Restored, out: Outbox) {
    this.#node = node;
    this.#out = out;
    this.#runtime = new Runtime(modules);
    this.#runtime.replay(tables);
    // A sequence of its own: what others draw does not depend on what is called.
    this.#random = createRandom(seed + 2);
  }

  call({ request, module, reducer, args }: Call & Extract<Input, { kind: "call" }>): void {
    const context = { now: this.#out.wall, random: this.#random, node: this.#node };
    const { outcome, mutations } = this.#runtime.call({ module, reducer, args }, context);
    const { ok } = outcome;
    const detail = ok ? { ok, changed: outcome.changed } : { ok, error: outcome.error.code };
    this.#out.local("reducer", internal, { module, reducer, ...detail });
    if (mutations.length > 0) this.#out.record({ kind: "mutations", mutations });
    this.#out.called(request, outcome);
  }
}
