/**
 * Rows of an older shape are brought up to date as they are read; rows of a newer one are refused.
 *
 * A log outlives the program that wrote it. Each module numbers the shape of its rows, and the log says under which
 * numbers each stretch was written (L9). A reader that took old rows for new ones would fail later and elsewhere, or not
 * fail and be wrong; so nothing is applied that is not of exactly this program's version, and what is older goes through
 * the migrations between, one by one. They change what is read, never what is stored: an old log stays what it was.
 *
 * A log from before versions were recorded counts as version 1 of everything.
 *
 * Migrations must not ask for the time, for chance or for other rows: each start runs them again, and must come to the
 * same.
 */
import type { Migration, Module } from "./module.ts";
import type { Mutation, SchemaVersions } from "./types.ts";

export type SchemaErrorKind =
  /** Written by a newer module. */
  | "newer"
  /** Too old for the migrations there are. */
  | "too_old"
  | "unknown_module"
  /** A migration could not make sense of a row. */
  | "migration_failed";

/** Rows that this program cannot read. The sentence has both versions and the way out. */
export class SchemaError extends Error {
  readonly kind: SchemaErrorKind;
  constructor(kind: SchemaErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SchemaError";
    this.kind = kind;
  }
}

/** By name. Throws RangeError: whoever wrote them has to mend them. */
export function checkModules(modules: readonly Module[]): ReadonlyMap<string, Module> {
  const byName = new Map<string, Module>();
  for (const module of modules) {
    const { name, version, migrations } = module;
    if (name === "" || !name.isWellFormed()) throw new RangeError("A module has no name.");
    if (byName.has(name)) throw new RangeError(`There are two modules named ${name}.`);
    if (!Number.isSafeInteger(version) || version < 1)
      throw new RangeError(`Module ${name} has the version ${version}: versions are whole numbers from 1.`);
    const first = version - migrations.length + 1;
    if (first < 2 && migrations.length > 0)
      throw new RangeError(`Module ${name} has more migrations than versions.`);
    for (const [index, { to }] of migrations.entries()) {
      if (to !== first + index)
        throw new RangeError(`Module ${name} of version ${version} lacks a migration to ${first + index}.`);
    }
    byName.set(name, module);
  }
  return byName;
}

/** What is done to the rows of one module: null when they are of this version. */
type Plan = readonly Migration[] | null;

export class Schema {
  /** Versions under which this program writes: for the log and for heads of snapshots. */
  readonly versions: SchemaVersions;
  /** By name. */
  readonly modules: ReadonlyMap<string, Module>;
  #of: SchemaVersions | null | undefined;
  #plans = new Map<string, Plan>();

  constructor(modules: readonly Module[]) {
    this.modules = checkModules(modules);
    this.versions = Object.fromEntries(
      Array.from(this.modules.values(), ({ name, version }) => [name, version]),
    );
  }

  /**
   * What to apply in place of a mutation written under `versions`: itself when nothing has changed. Throws SchemaError.
   * Cheapest when called with the same object for as long as versions stay the same.
   */
  read(mutation: Mutation, versions: SchemaVersions | null): readonly Mutation[] {
    if (versions !== this.#of) {
      this.#of = versions;
      this.#plans.clear();
    }
    let plan = this.#plans.get(mutation.module);
    if (plan === undefined) {
      plan = this.#plan(mutation.module, versions);
      this.#plans.set(mutation.module, plan);
    }
    return plan === null ? [mutation] : migrated(mutation, plan);
  }

  #plan(name: string, versions: SchemaVersions | null): Plan {
    const written = versions === null ? 1 : versions[name];
    const module = this.modules.get(name);
    if (module === undefined) {
      const of = written === undefined ? "" : ` (version ${written})`;
      throw new SchemaError(
        "unknown_module",
        `There are rows of a module "${name}"${of}, which this node does not have: start it with that module.`,
      );
    }
    const { version, migrations } = module;
    if (written === version) return null;
    const from = written ?? 1;
    if (from > version) {
      throw new SchemaError(
        "newer",
        `The rows of module ${name} are of version ${from}, and this node reads versions up to ${version}: start it with the Lightcone that wrote them, or a newer one.`,
      );
    }
    const oldest = version - migrations.length;
    if (from < oldest) {
      throw new SchemaError(
        "too_old",
        `The rows of module ${name} are of version ${from}, and this node reads versions ${oldest} to ${version}: start it once with one that reads ${from} and writes ${oldest} or later, let it make a snapshot, then start this one.`,
      );
    }
    return migrations.slice(from - oldest);
  }
}

function migrated(mutation: Mutation, plan: readonly Migration[]): readonly Mutation[] {
  let mutations: readonly Mutation[] = [mutation];
  for (const migration of plan) {
    try {
      mutations = mutations.flatMap((each) => migration.migrate(each));
    } catch (error) {
      const { module, table, key } = mutation;
      throw new SchemaError(
        "migration_failed",
        `The row of ${module}.${table} under ${JSON.stringify(key)} cannot be brought to version ${migration.to} (${String(error)}): restore an older copy of the data, or report the row.`,
        error,
      );
    }
  }
  return mutations;
}
