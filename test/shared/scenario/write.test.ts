import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { expand } from "../../../shared/scenario/plan.ts";
import { scenarioToYaml } from "../../../shared/scenario/write.ts";
import { scenario, scenarios } from "./scenarios.ts";

const readBack = (text: string) => parseScenario(text, "written.yaml");

describe("a scenario that is written", () => {
  it("reads back as itself", () => {
    fc.assert(
      fc.property(scenarios, (made) => {
        const text = scenarioToYaml(made);
        expect(readBack(text), text).toEqual(made);
      }),
      { numRuns: 150 },
    );
  });

  it.each(
    globSync(join(import.meta.dirname, "../../../assets/scenarios/*.yaml")).map((path) => [
      basename(path),
      path,
    ]),
  )("is the same after a round trip: %s, as it is and written out", (name, path) => {
    const asset = parseScenario(readFileSync(path, "utf8"), name);
    expect(readBack(scenarioToYaml(asset))).toEqual(asset);
    const expanded = expand(asset, 7);
    expect(readBack(scenarioToYaml(expanded))).toEqual(expanded);
  });

  it("says no more than a person would", () => {
    const made = scenario({
      about: `${"A long text is folded, so that it can be read in any editor. ".repeat(3).trim()}\n`,
      load: { for: "20s", mix: { put: 3 } },
      storm: { for: 20_000, faults: ["kill", "partition"], every: 1_500 },
      calm: "15s",
      steps: [
        { do: { kill: "A" } },
        {
          when: { event: { node: "B", name: "member", about: "A", status: "dead" } },
          within: 90_000,
          do: [
            { restart: { node: "A", clock: "keep" } },
            { link: { latency: { min: 1, max: "2.5ms" }, loss: 0.3 } },
          ],
        },
        { at: 22_000, do: { put: { node: "A", key: "k", value: "yes" } }, repeat: { times: 3 } },
      ],
      label: { killed: { action: "kill", node: "A" }, "dead: at last": { node: "B", status: "dead" } },
      expect: [{ order: ["killed", "dead: at last"] }, { "no-lost-writes": true }],
    });
    expect(scenarioToYaml(made)).toBe(`name: by hand
about: >
  A long text is folded, so that it can be read in any editor. A long text is folded, so that it can be read in any
  editor. A long text is folded, so that it can be read in any editor.
cluster:
  nodes: [A, B, C]
load:
  for: 20s
  mix: { put: 3 }
storm:
  for: 20s
  faults: [kill, partition]
  every: 1.5s
calm: 15s
steps:
  - do: { kill: A }
  - when: { event: { node: B, name: member, about: A, status: dead } }
    within: 90s
    do:
      - restart: A
      - link: { loss: 0.3, latency: { min: 1ms, max: 2.5ms } }
  - at: 22s
    do: { put: { node: A, key: k, value: "yes" } }
    repeat: { times: 3 }
label:
  killed: { action: kill, node: A }
  "dead: at last": { node: B, status: dead }
expect:
  - order: [killed, "dead: at last"]
  - no-lost-writes: true
`);
  });
});
