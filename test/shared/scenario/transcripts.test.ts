/**
 * Runs in a scripted world, as transcripts a person can read. A block begins with what happens ("> …"); below the dashes
 * stands what the run asked for, with the milliseconds since its beginning. `UPDATE=1` rewrites that.
 *
 * > scenario            the YAML that follows, to the dashes
 * > play 500            the world answers by itself until then, or until the run is over
 * > event B member about=C status=dead
 * > silent 3            call 3 will not be answered
 * > fail 3, > lost 3    it will be answered with a definite failure, with one that is not
 * > broken WHY
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { failed, ScriptedWorld } from "./scripted-world.ts";

function perform(world: ScriptedWorld | null, command: string, body: string): ScriptedWorld {
  const [verb, ...rest] = command.split(" ");
  if (verb === "scenario") {
    const made = new ScriptedWorld(parseScenario(body, "transcript.yaml"), Number(rest[0] ?? 0));
    made.give({ kind: "tick" });
    return made;
  }
  switch (verb) {
    case "play":
      world!.play(Number(rest[0]));
      break;
    case "event": {
      const [node, name, ...fields] = rest;
      const detail = Object.fromEntries(fields.map((field) => field.split("=") as [string, string]));
      world!.event(node!, name!, detail);
      break;
    }
    case "silent":
      world!.silent.add(Number(rest[0]));
      break;
    case "fail":
    case "lost":
      world!.answers.set(Number(rest[0]), failed(verb === "fail"));
      break;
    case "broken":
      world!.give({ kind: "broken", why: rest.join(" ") });
      break;
    default:
      throw new Error(`There is no command "${verb}".`);
  }
  return world!;
}

/** What became of the run so far, where it is over. */
function ending(world: ScriptedWorld): string[] {
  const { run } = world;
  if (!run.isOver) return [];
  const outcomes = run.calls.map(({ call, outcome }) => `${call.id} ${outcome}`);
  return [
    `${Number(world.now.toFixed(3))} over${run.broken === null ? "" : `: ${run.broken}`}`,
    ...(outcomes.length === 0 ? [] : [`calls: ${outcomes.join(", ")}`]),
  ];
}

describe("transcripts", () => {
  it.each(
    globSync(join(import.meta.dirname, "transcripts/*.txt")).map((path) => [basename(path), path] as const),
  )("%s", (_, path) => {
    const written = readFileSync(path, "utf8");
    let world: ScriptedWorld | null = null;
    let wasOver = false;
    const blocks = written.split(/^(?=> )/m).map((block) => {
      if (!block.startsWith("> ")) return block;
      const [given] = block.split(/^----\n/m);
      const [command, ...body] = given!.trimEnd().split("\n");
      const before = world;
      world = perform(world, command!.slice(2), `${body.join("\n")}\n`);
      if (world !== before) wasOver = false;
      const said = [...world.lines.splice(0), ...(wasOver ? [] : ending(world))];
      wasOver = world.run.isOver;
      return `${given!.trimEnd()}\n----\n${said.map((line) => `${line}\n`).join("")}\n`;
    });
    const actual = `${blocks.join("").trimEnd()}\n`;
    if (process.env["UPDATE"]) writeFileSync(path, actual);
    else expect(actual).toBe(written);
  });
});
