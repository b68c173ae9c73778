/** The JSON Schema that editors use is the zod schema, and the scenarios that come with Lightcone keep to it. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { parseDuration, scenarioSchema } from "../../../shared/scenario/schema.ts";

const assets = join(import.meta.dirname, "../../../assets");
const published = join(assets, "scenario.schema.json");
const files = globSync(join(assets, "scenarios/*.yaml")).map((path) => [basename(path), path] as const);

describe("the published schema", () => {
  it("is the one that files are checked with (UPDATE=1 writes it)", () => {
    const current = { ...z.toJSONSchema(scenarioSchema, { io: "input" }), title: "A scenario of Lightcone" };
    if (process.env["UPDATE"]) writeFileSync(published, `${JSON.stringify(current, null, 2)}\n`);
    expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(JSON.parse(JSON.stringify(current)));
  });

  it("explains to an editor what a field means", () => {
    const { properties } = JSON.parse(readFileSync(published, "utf8")) as {
      properties: Record<string, { description?: string }>;
    };
    expect(properties["storm"]?.description).toContain("Random faults");
  });

  const byJsonSchema = z.fromJSONSchema(
    JSON.parse(readFileSync(published, "utf8")) as z.core.JSONSchema.JSONSchema,
  );

  it.each(files)("accepts %s, as the parser does", (name, path) => {
    const text = readFileSync(path, "utf8");
    expect(byJsonSchema.safeParse(parse(text)).error?.issues).toBeUndefined();
    expect(parseScenario(text, name).name).not.toBe("");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../scenario.schema.json");
  });

  it("refuses what the parser refuses", () => {
    expect(byJsonSchema.safeParse({ name: "x", cluster: { nodes: 3 }, stepz: [] }).success).toBe(false);
    expect(byJsonSchema.safeParse({ name: "x", cluster: { nodes: 3 } }).success).toBe(true);
  });
});

describe("durations", () => {
  it.each([
    ["250ms", 250],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["24h", 86_400_000],
    ["500us", 0.5],
    ["7", 7],
    ["soon", null],
    ["1e3ms", null],
    ["-1s", null],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));
});
