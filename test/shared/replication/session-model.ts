/**
 * Replicas that lag as they like and clients that move between them, beside a twin that knows everything: per replica
 * and key the set of all writes that ever reached it, per client the set of all writes it is owed, and why. The twin
 * has no clocks, no contexts and no sessions.
 */
import { absentKey, type KeyState, sync, write } from "../../../shared/clock/dotted.ts";
import { merge } from "../../../shared/clock/vector-clock.ts";
import type { Operation } from "../../../shared/checks/types.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { contextMet, sessionAfter, sessionAllows } from "../../../shared/replication/session.ts";
import type { Session } from "../../../shared/replication/types.ts";

export const guarantees = [
  "read your writes",
  "monotonic reads",
  "monotonic writes",
  "writes follow reads",
] as const;
type Guarantee = (typeof guarantees)[number];

interface Write {
  readonly value: string | null;
  readonly key: string;
  /** What its client was owed, and had met, when it wrote. */
  readonly owed: ReadonlyMap<Write, Guarantee>;
  readonly met: ReadonlySet<Write>;
}

interface Client {
  session: Session;
  /** Each write it must find wherever it goes, with the guarantee that says so first. */
  readonly owed: Map<Write, Guarantee>;
  /** Each write that any copy it saw or wrote to had: replaced by what it writes next, whether or not it was shown. */
  met: ReadonlySet<Write>;
}

interface Copy {
  readonly state: KeyState;
  readonly reached: ReadonlySet<Write>;
}

export interface Step {
  readonly op: "put" | "delete" | "get" | "replicate";
  readonly client: number;
  readonly at: number;
  readonly to: number;
  readonly key: number;
}

const nodes = ["A", "B", "C"].map(asNodeId);
const keys = ["x", "y", "__proto__"].map(asKey);
const nothing: Copy = { state: absentKey, reached: new Set() };

export class Model {
  /** Guarantees that were broken. */
  readonly broken = new Set<Guarantee>();
  readonly history: Operation[] = [];
  /** Reads that had to be refused. */
  refused = 0;
  readonly #isCausal: boolean;
  readonly #copies = nodes.map(() => new Map(keys.map((key) => [key, nothing])));
  readonly #counters = nodes.map(() => 0);
  readonly #clients: Client[] = [0, 1, 2].map(() => ({ session: {}, owed: new Map(), met: new Set() }));
  /** By dot. */
  readonly #writes = new Map<string, Write>();

  constructor(isCausal: boolean) {
    this.#isCausal = isCausal;
  }

  step({ op, client, at, to, key }: Step): void {
    const name = keys[key]!;
    const copies = this.#copies[at]!;
    const here = copies.get(name)!;
    if (op === "replicate") {
      const there = this.#copies[to]!.get(name)!;
      this.#copies[to]!.set(name, {
        state: sync(there.state, here.state),
        reached: there.reached.union(here.reached),
      });
    } else if (op === "get") this.#read(client, here, name);
    else copies.set(name, this.#write(client, here, at, name, op === "delete"));
  }

  #write(by: number, here: Copy, at: number, key: (typeof keys)[number], isDelete: boolean): Copy {
    const client = this.#clients[by]!;
    const { session, owed } = client;
    const counter = (this.#counters[at]! += 1);
    const value = isDelete ? null : `${nodes[at]}:${counter}`;
    const version = {
      dot: { node: nodes[at]!, counter },
      value,
      at: 0,
      ...(this.#isCausal && { after: session }),
    };
    const met = this.#isCausal ? contextMet(session, key) : {};
    const state = write(here.state, version, merge(here.state.context, met));
    const written: Write = { value, key, owed: new Map(owed), met: client.met };
    this.#writes.set(`${nodes[at]}:${counter}`, written);
    client.session = sessionAfter(session, key, state)!;
    if (!owed.has(written)) owed.set(written, "read your writes");
    this.#record(by, isDelete ? "delete" : "put", key, value, null);
    const replaced = this.#isCausal ? [...client.met].filter((other) => other.key === key) : [];
    const reached = new Set([...here.reached, ...replaced, written]);
    client.met = client.met.union(reached);
    return { state, reached };
  }

  #read(by: number, here: Copy, key: (typeof keys)[number]): void {
    const client = this.#clients[by]!;
    const { state, reached } = here;
    if (this.#isCausal && !sessionAllows(client.session, key, state)) {
      this.refused += 1;
      return;
    }
    client.session = sessionAfter(client.session, key, state)!;
    const shown = state.versions.map(({ dot }) => this.#writes.get(`${dot.node}:${dot.counter}`)!);
    const owed = new Map(client.owed);
    client.met = client.met.union(reached);
    for (const version of shown) {
      client.met = client.met.union(version.met);
      for (const [write, why] of version.owed) {
        const brings = why === "read your writes" ? "monotonic writes" : "writes follow reads";
        if (!owed.has(write)) owed.set(write, brings);
      }
    }
    for (const [write, why] of owed) {
      client.owed.set(write, why);
      if (write.key === key && !reached.has(write)) this.broken.add(why);
    }
    for (const write of reached) if (!client.owed.has(write)) client.owed.set(write, "monotonic reads");
    const values = shown.flatMap(({ value }) => (value === null ? [] : [value]));
    this.#record(by, "get", key, null, values.length > 1 ? values : (values[0] ?? null));
  }

  #record(by: number, f: string, key: string, input: string | null, output: Operation["output"]): void {
    const id = this.history.length;
    this.history.push({
      id,
      process: `client-${by}`,
      f,
      key,
      input,
      output,
      outcome: "ok",
      invoked: 2 * id,
      returned: 2 * id + 1,
      invokedNs: id,
      returnedNs: id,
    });
  }
}
