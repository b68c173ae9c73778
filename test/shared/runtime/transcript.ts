/**
 * Transcripts of a small host: calls, queries, a log, subscriptions that read it. `UPDATE=1` rewrites what happened. Lines
 * that begin with # are remarks.
 *
 *     call <module>.<reducer> <args>     ask <module>.<query> <args>
 *     watch <name> <request>             pull <name>, all of the log from where it stands
 *     forget <position>, the log begins there    restart, from the log alone
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { ask } from "../../../shared/runtime/query.ts";
import { Replay } from "../../../shared/runtime/replay.ts";
import { Runtime } from "../../../shared/runtime/runtime.ts";
import { Schema } from "../../../shared/runtime/schema.ts";
import { subscribe, Subscription } from "../../../shared/runtime/subscriptions.ts";
import { subscriberMessageSchema } from "../../../shared/runtime/subscription-messages.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import type { Committed, Mutation } from "../../../shared/runtime/types.ts";

const node = asNodeId("node-1");

class Session {
  readonly #schema = new Schema(builtInModules);
  readonly #watchers = new Map<string, Subscription>();
  #runtime = new Runtime();
  #log: Committed[] = [];
  #last = 0;
  #now = 1_000;

  perform(command: string): string[] {
    const [verb, what = "", ...rest] = command.split(" ");
    const args = rest.length === 0 ? undefined : (JSON.parse(rest.join(" ")) as unknown);
    const [module = "", name = ""] = what.split(".");
    switch (verb) {
      case "call":
        return this.#call({ module, reducer: name, args });
      case "ask": {
        const outcome = ask(this.#runtime.tables, this.#schema.modules, { module, query: name, args });
        return [
          outcome.ok ? JSON.stringify(outcome.result) : `${outcome.error.code}: ${outcome.error.message}`,
        ];
      }
      case "watch":
        return this.#watch(what, args);
      case "pull":
        return this.#pull(what);
      case "forget":
        this.#log = this.#log.filter(({ position }) => position >= Number(what));
        return [];
      case "restart":
        return this.#restart();
      default:
        throw new Error(`what is ${command}?`);
    }
  }

  #call(call: { readonly module: string; readonly reducer: string; readonly args: unknown }): string[] {
    this.#now += 10;
    const context = { now: this.#now, random: () => 0.25, node };
    const { outcome, mutations } = this.#runtime.call(call, context);
    if (!outcome.ok) {
      expect(mutations).toEqual([]);
      return [`${outcome.error.code}: ${outcome.error.message}`];
    }
    const lines = [`result ${JSON.stringify(outcome.result)}`];
    if (mutations.length === 0) return lines;
    this.#last += 1;
    const clock = { [node]: this.#last };
    const { versions } = this.#schema;
    this.#log.push({ position: this.#last, at: this.#now, clock, mutations, versions });
    return [...lines, ...mutations.map((mutation) => `${this.#last} ${inWords(mutation)}`)];
  }

  #watch(id: string, args: unknown): string[] {
    const request = subscriberMessageSchema.parse({ kind: "subscribe", id, ...(args as object) });
    if (request.kind !== "subscribe") throw new Error("no subscription");
    const log = {
      id: "log-1",
      replaying: false,
      first: this.#log[0]?.position ?? this.#last + 1,
      last: this.#last,
    };
    const made = subscribe(request, this.#schema.modules, log);
    if (!(made instanceof Subscription)) return [`${made.code}: ${made.message}`];
    this.#watchers.set(id, made);
    return [`after ${made.after}`];
  }

  #pull(id: string): string[] {
    const watcher = this.#watchers.get(id)!;
    const lines: string[] = [];
    for (const committed of this.#log) {
      const next = watcher.next(committed);
      if (next.kind === "error") return [...lines, `${next.error.code}: ${next.error.message}`];
      if (next.kind === "nothing") continue;
      const { position, changes } = next.delivery;
      lines.push(
        ...changes.map(
          (change) => `${position} ${inWords({ ...change, row: change.gone ? undefined : change.row })}`,
        ),
      );
    }
    return [...lines, `after ${watcher.after}`];
  }

  #restart(): string[] {
    const before = this.#runtime.tables.digest();
    const replay = new Replay(new Tables(), this.#schema, 0);
    for (const committed of this.#log) replay.transaction(structuredClone(committed));
    replay.finish();
    this.#runtime = new Runtime();
    this.#runtime.replay(replay.tables.rowsBeside([]));
    const { transactions, mutations } = replay.counts;
    const isSame = this.#runtime.tables.digest() === before;
    return [
      `replayed ${transactions} transactions, ${mutations} mutations`,
      isSame ? "bit-identical" : "different",
    ];
  }
}

const inWords = ({ module, table, key, row }: Omit<Mutation, "from">) =>
  `${module}.${table} ${key} ${row === undefined ? "is gone" : JSON.stringify(row)}`;

/** Runs every command of a transcript and compares what happened with what is written there. */
export function checkTranscript(path: string): void {
  const written = readFileSync(path, "utf8");
  const session = new Session();
  const actual = written.split(/^(?=> |# )/m).map((block) => {
    if (!block.startsWith("> ")) return block;
    const command = block.split("\n")[0]!.slice(2);
    const lines = session.perform(command);
    return `> ${command}\n----\n${lines.map((line) => `${line}\n`).join("")}\n`;
  });
  const text = `${actual.join("").trimEnd()}\n`;
  if (process.env["UPDATE"]) writeFileSync(path, text);
  else expect(text).toBe(written);
}
