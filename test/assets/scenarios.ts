/** The scenarios that come with the program, as files, as text and as objects that a test may change. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { RunVerdict } from "../../shared/scenario/run.types.ts";
import type { ScenarioSource } from "../../shared/scenario/schema.ts";

const folder = resolve(import.meta.dirname, "../../assets/scenarios");
export const files = globSync("*.yaml", { cwd: folder }).sort();
/** Those of the list of demonstrations; the others are storms. */
export const demonstrations = files.filter((file) => /^\d/.test(file));
export const storms = files.filter((file) => file.startsWith("storm-"));

export const textOf = (file: string) => readFileSync(join(folder, file), "utf8");

/** As written, before durations and short forms are read: a fresh copy each time. */
export const sourceOf = (file: string) => parse(textOf(file)) as ScenarioSource;

/** Readable when a test fails: why it ended early, what did not hold, and what was found instead. */
export const complaints = ({ results, broken }: RunVerdict) => [
  ...(broken === null ? [] : [broken]),
  ...results
    .filter((one) => one.verdict !== "holds")
    .map((one) => `${one.verdict}: ${one.words}. ${one.found}`),
];
