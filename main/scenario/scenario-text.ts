/** A scenario as the text of a file that reads back as the same scenario: what a hunt leaves of one it made smaller. */
import { stringify } from "yaml";
import { actionSchemas, type Scenario } from "../../shared/scenario/schema.ts";

/** Durations come out as milliseconds, nodes by name, and nothing is left to defaults. */
export function scenarioText(scenario: Scenario): string {
  return stringify(sourceOf(scenario), { lineWidth: 110, aliasDuplicateObjects: false });
}

/** Undoes what reading changes: acts become one key each, latencies their short forms. */
function sourceOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sourceOf);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  if (isAction(fields)) return { [String(fields["name"])]: sourceOf(fields["value"]) };
  switch (fields["kind"]) {
    case "constant":
      return fields["ms"];
    case "uniform":
      return { min: fields["minMs"], max: fields["maxMs"] };
    case "exponential":
      return { mean: fields["meanMs"] };
    default:
  }
  const kept = Object.entries(fields).filter(([, field]) => field !== undefined);
  return Object.fromEntries(kept.map(([name, field]) => [name, sourceOf(field)]));
}

const isAction = (fields: Readonly<Record<string, unknown>>) =>
  "name" in fields &&
  "value" in fields &&
  Object.keys(fields).length === 2 &&
  Object.hasOwn(actionSchemas, String(fields["name"]));
