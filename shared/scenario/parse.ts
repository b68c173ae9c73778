/** Reads a scenario file. */
import { parseText } from "./parse/document.ts";
import { type Problem, ScenarioError } from "./parse/problem.ts";
import { sensible } from "./parse/sense.ts";
import { shaped } from "./parse/shape.ts";
import type { Scenario } from "./schema.ts";

export { ScenarioError } from "./parse/problem.ts";

/**
 * The scenario written in `text`. Throws ScenarioError: one sentence with `fileName` and line, about what comes first in
 * the file, be it no YAML, not of the schema's shape, or without sense (a node that does not exist, a time that goes
 * backwards, a name that nothing defines).
 */
export function parseScenario(text: string, fileName: string): Scenario {
  const parsed = parseText(text, fileName);
  const refuse = (problems: readonly Problem[]): void => {
    const [first] = problems
      .map(({ path, message }) => ({ line: parsed.lineOf(path), message }))
      .sort((a, b) => a.line - b.line);
    if (first !== undefined) throw new ScenarioError(fileName, first.line, first.message);
  };
  const shape = shaped(parsed.source);
  if ("problems" in shape) {
    refuse(shape.problems);
    throw new Error("A scenario was refused without a reason.");
  }
  refuse(sensible(shape.scenario));
  return shape.scenario;
}
