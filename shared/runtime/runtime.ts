/**
 * Runs reducers, once each, and keeps the rows of their modules.
 *
 * A reducer may ask what time it is or draw a number: it would not answer the same a second time. So a call is carried
 * out where it arrives, once, and what it changed goes into the log; a restart, a snapshot, a reader of the log sees
 * mutations and has no need of the reducer, which may be another by then (L3, P36).
 *
 * Guarantees:
 * - A call changes all that its reducer wrote or, when that throws, nothing.
 * - `replay` puts rows in place and does nothing else: no reducer, no clock, no chance. While it goes on, `replaying`
 *   says so and calls are refused.
 * - Every refusal has a code and a sentence that says what there is instead.
 *
 * A reducer's own bug ends the call, not the node: the code is then `reducer_failed`.
 */
import { builtInModules } from "./modules.ts";
import { type CallContext, type Module, namesOf, ReducerError } from "./module.ts";
import { problemOfRow } from "./rows.ts";
import { checkModules } from "./schema.ts";
import { WriteView } from "./table-access.ts";
import { Tables } from "./tables.ts";
import type { Mutation, Row } from "./types.ts";

export interface Call {
  readonly module: string;
  readonly reducer: string;
  /** By name; none when absent. */
  readonly args?: unknown;
}

/** No such thing, wrong arguments, not now; a reducer's own refusals have codes of their own. */
export interface CallError {
  readonly code: string;
  /** One sentence or two: what is wrong, and what there is instead. */
  readonly message: string;
}

export type CallOutcome =
  | {
      readonly ok: true;
      readonly result: Row;
      /** Rows it changed. */
      readonly changed: number;
    }
  | { readonly ok: false; readonly error: CallError };

export class Runtime {
  readonly tables = new Tables();
  readonly #modules: ReadonlyMap<string, Module>;
  #replaying = false;

  /** Throws RangeError when two modules have one name, or one lacks a migration. */
  constructor(modules: readonly Module[] = builtInModules) {
    this.#modules = checkModules(modules);
  }

  /** Rows are being put in place: nothing can be called. */
  get replaying(): boolean {
    return this.#replaying;
  }

  /** Puts rows in place, as they were logged. */
  replay(mutations: Iterable<Mutation>): void {
    this.#replaying = true;
    for (const mutation of mutations) this.tables.apply(mutation);
    this.#replaying = false;
  }

  /** What it changed is in the tables on return, and is to be logged before anybody is told. */
  call(call: Call, context: CallContext): { readonly outcome: CallOutcome; readonly mutations: Mutation[] } {
    try {
      if (this.#replaying) throw new ReducerError("replaying", "The log is being replayed; try again soon.");
      const module = moduleNamed(this.#modules, call.module);
      const reducer = reducerNamed(module, call.reducer);
      const view = new WriteView(this.tables, module);
      const result = reducer.run(view, call.args, context) ?? null;
      const problem = problemOfRow(result);
      if (problem !== null) throw new TypeError(`what it returned ${problem}`);
      const mutations = view.finish();
      this.tables.applyAll({ mutations });
      return { outcome: { ok: true, result, changed: mutations.length }, mutations };
    } catch (error) {
      return {
        outcome: { ok: false, error: errorOf(error, `${call.module}.${call.reducer}`) },
        mutations: [],
      };
    }
  }
}

/** Whatever a reducer or a query threw, for whoever called it by this name. */
export function errorOf(error: unknown, name: string): CallError {
  if (!(error instanceof ReducerError)) {
    return { code: "reducer_failed", message: `${name} has a bug and changed nothing: ${textOf(error)}.` };
  }
  const { code, message } = error;
  return { code, message: code === "bad_arguments" ? `${name} was called wrongly. ${message}` : message };
}

/** Anything can be thrown, also what cannot be written down. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return `it threw something of type ${typeof error} that has no text`;
  }
}

/** Throws ReducerError "no_such_module". */
export function moduleNamed(modules: ReadonlyMap<string, Module>, name: string): Module {
  const module = modules.get(name);
  if (module !== undefined) return module;
  const there = namesOf([...modules.keys()].sort(), "none");
  throw new ReducerError("no_such_module", `There is no module "${name}" here: the modules are ${there}.`);
}

function reducerNamed({ name, reducers, closed }: Module, wanted: string) {
  if (closed !== undefined) throw new ReducerError("read_only", closed);
  if (Object.hasOwn(reducers, wanted)) return reducers[wanted]!;
  const there = namesOf(Object.keys(reducers).sort(), "none");
  throw new ReducerError(
    "no_such_reducer",
    `Module ${name} has no reducer "${wanted}": its reducers are ${there}.`,
  );
}
