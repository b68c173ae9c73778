import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarioText } from "../../../main/scenario/scenario-text.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { expand } from "../../../shared/scenario/plan.ts";

const dir = join(import.meta.dirname, "..", "..", "..", "assets", "scenarios");

describe("the text of a scenario", () => {
  it.each(globSync("*.yaml", { cwd: dir }))("reads back as the same: %s", (file) => {
    const scenario = parseScenario(readFileSync(join(dir, file), "utf8"), file);
    expect(parseScenario(scenarioText(scenario), file)).toEqual(scenario);
    const planned = expand(scenario, 7);
    expect(parseScenario(scenarioText(planned), file)).toEqual(planned);
  });

  it("has latencies of every kind in their short form", () => {
    const text = `
name: latencies
cluster: { nodes: [A, B] }
network: { latency: { min: 1ms, max: 2s } }
steps:
  - do: { link: { from: A, latency: { mean: 5 } } }
  - do: { link: { to: B, latency: 10ms, loss: 0.5 } }
  - do: { link: { to: B, latency: null } }
`;
    const scenario = parseScenario(text, "latencies.yaml");
    expect(parseScenario(scenarioText(scenario), "again.yaml")).toEqual(scenario);
  });
});
