/** `lightcone hunt` as a person types it: words, exit codes, what a kill leaves, and the way to run a find again. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { huntCommand } from "../../../main/cli/hunt.ts";
import { skipped } from "../../skipped.ts";
import { eventually } from "../lab/running-lab.ts";
import { ledgerOf, seedsDone, sometimes, violatedSeeds } from "../hunt/sometimes.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const source = join(root, "main", "cli", "main.ts");
const launcher = join(root, "main", "start.mjs");
const dir = mkdtempSync(join(tmpdir(), "lightcone-hunt-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const last = 90;
const wanted = violatedSeeds(sometimes, 1, last);

function scenario(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return name;
}
const file = scenario("sometimes.yaml", sometimes);
/** Whatever the seed: nothing is asked of it that a rare path could spoil. */
const sound = scenario(
  "sound.yaml",
  sometimes.replace("network: { loss: 0.01 }\n", "").replace(/\n.*outcome: unknown, count: 0 }/, ""),
);

const options = { encoding: "utf8", cwd: dir } as const;
function lightcone(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [source, ...args], options);
  return { status, stdout, stderr };
}

/** Runs a hunt until `isEnough` of its folder, then sends the signal. */
async function until(isEnough: () => boolean, signal: NodeJS.Signals, ...args: string[]) {
  const child = spawn(process.execPath, [source, "hunt", ...args], { cwd: dir });
  const closed = once(child, "close");
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += String(text)));
  child.stderr.on("data", (text) => (stderr += String(text)));
  await eventually(() => expect(isEnough(), stderr).toBe(true));
  child.kill(signal);
  await closed;
  return { status: child.exitCode, stdout, stderr };
}

const hasBatches = (folder: string, count: number) => () =>
  existsSync(join(dir, folder, "ledger.jsonl")) && ledgerOf(join(dir, folder)).batches.length >= count;

describe("lightcone hunt", () => {
  it("ends with 1 and the commands that show each failure again", () => {
    const { status, stdout } = lightcone("hunt", file, "--out", "found", "--budget", "300");
    expect(status).toBe(1);
    expect(stdout).toMatch(new RegExp(`^seed ${wanted[0]}: violated: exactly 0 unknown put: There were `));
    expect(stdout).toMatch(/\n {2}made small: 3 → \d nodes, 0 → 0 faults, \d+ → \d operations\n/);
    expect(stdout).toMatch(/\d+ of 10000 seeds run, \d+ failed\. Kept in found\.\n$/);
    const [again] = [...stdout.matchAll(/again: lightcone (.*)/g)].map((match) => match[1]!.split(" "));
    expect(again).toEqual(expect.arrayContaining([join("found", `seed-${wanted[0]}`, "scenario.yaml")]));
    const { traceSha256 } = JSON.parse(
      readFileSync(join(dir, "found", `seed-${wanted[0]}`, "run.json"), "utf8"),
    ) as { traceSha256: string };
    const shown = lightcone(...again!, "--out", "again", "--expect-sha256", traceSha256);
    expect(shown.status).toBe(1);
    expect(shown.stdout).toContain("violated  exactly 0 unknown put");
    expect(shown.stdout).not.toContain("not the expected one");
  });

  it("ends with 0 when every run held, built as well as from source, and says it all as JSON", () => {
    const built = spawnSync(
      process.execPath,
      [launcher, "hunt", sound, "--seeds", "1..20", "--out", "held", "--json"],
      options,
    );
    expect(built.status).toBe(0);
    expect(JSON.parse(built.stdout)).toMatchObject({
      verdict: "holds",
      ended: null,
      folder: "held",
      total: 20,
      done: 20,
      failures: [],
      minimised: [],
    });
    const { status, stderr } = lightcone("hunt", sound, "--seeds", "1..20", "--out", "held");
    expect(status).toBe(2);
    expect(stderr).toBe(
      "held already holds a hunt: go on with it by --resume, or name another folder with --out.\n",
    );
  });

  it("loses nothing to a kill, and does nothing twice but what was under way", async () => {
    const range = ["--seeds", `1..${last}`, "--collect", "--minimise", "1", "--jobs", "2", "--out", "killed"];
    await until(hasBatches("killed", 4), "SIGKILL", file, ...range);
    const before = ledgerOf(join(dir, "killed"));
    expect(before.batches.length).toBeGreaterThan(0);
    const { status, stdout } = lightcone("hunt", file, ...range, "--resume", "--json");
    expect(status).toBe(1);
    const { failures } = JSON.parse(stdout) as { failures: { seed: number }[] };
    expect(failures.map(({ seed }) => seed)).toEqual(wanted);
    const after = ledgerOf(join(dir, "killed"));
    expect(after.batches.slice(0, before.batches.length)).toEqual(before.batches);
    expect(after.failures.slice(0, before.failures.length)).toEqual(before.failures);
    expect(seedsDone(after)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  });

  it("begins a range of billions at once, and on Ctrl+C says how to go on", async () => {
    const args = [sound, "--seeds", "1..9000000000000000", "--out", "cut"];
    const cut = await until(hasBatches("cut", 2), "SIGINT", ...args);
    expect(cut.status).toBe(2);
    expect(cut.stderr).toMatch(
      /^\[·{20}\] \d+\/9000000000000000 seeds, [\d.]+\/s, 0 failed, \d+ rare paths\n/,
    );
    expect(cut.stdout).toMatch(
      /\d+ of 9000000000000000 seeds run, 0 failed\. Kept in cut\.\nEnded because it was interrupted: go on with the same command and --resume\.\n$/,
    );
    const { batches } = ledgerOf(join(dir, "cut"));
    const done = seedsDone(ledgerOf(join(dir, "cut"))).length;
    const goesOn = hasBatches("cut", batches.length + 1);
    const more = await until(goesOn, "SIGINT", ...args, "--resume", "--json");
    expect(more.status).toBe(2);
    expect((JSON.parse(more.stdout) as { done: number }).done).toBeGreaterThan(done);
    // However slow the machine is meanwhile, the time ends it.
    const timed = lightcone("hunt", ...args, "--resume", "--time", "1s", "--json");
    expect(timed.status).toBe(0);
    expect((JSON.parse(timed.stdout) as { ended: string }).ended).toBe("its time is up");
    writeFileSync(join(dir, sound), readFileSync(join(dir, sound), "utf8").replace("rate: 10", "rate: 11"));
    const other = lightcone("hunt", ...args, "--resume");
    expect(other.status).toBe(2);
    expect(other.stderr).toMatch(/is of another hunt \(the scenario has changed\): name another folder/);
  });

  it.skipIf(skipped(process.platform === "win32", "there is no ulimit"))(
    "keeps what it has when the disk is full",
    () => {
      // A file that may not grow is what a full disk looks like to whoever writes it.
      const command = `ulimit -f 4; exec "$0" "$@"`;
      const args = [
        source,
        "hunt",
        file,
        "--seeds",
        `1..${last}`,
        "--collect",
        "--minimise",
        "0",
        "--out",
        "full",
      ];
      const { status, stderr } = spawnSync("bash", ["-c", command, process.execPath, ...args], options);
      expect(status).toBe(2);
      expect(stderr).toMatch(/full\/ledger\.jsonl cannot be written \(EFBIG.*\): make room for it/);
      const more = lightcone(...args.slice(1), "--resume", "--json");
      const { failures } = JSON.parse(more.stdout) as { failures: { seed: number }[] };
      expect(failures.map(({ seed }) => seed)).toEqual(wanted);
    },
  );

  it("ends with a sentence when a run takes more memory than there is", () => {
    const heavy = scenario(
      "heavy.yaml",
      "name: heavy\ncluster: { nodes: 3 }\nload: { clients: 100, rate: 3000, for: 60s, keys: 100 }\n",
    );
    const args = ["--max-old-space-size=60", source, "hunt", heavy, "--seeds", "5..9", "--jobs", "1"];
    const { status, stderr } = spawnSync(process.execPath, args, options);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^heavy\.yaml expects nothing, so only a crash of the code can be found\.\n/);
    expect(stderr).toMatch(
      /\nA thread of the hunt died while it ran seed 5 \(.*memory.*\): what was found is kept in hunt-heavy; go on with --resume/,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("refuses a file that is no scenario, and does not wait for its time then", () => {
    for (const [name, why] of [
      [scenario("empty.yaml", ""), /^empty\.yaml.*\n$/],
      [".", /^\. cannot be read \(EISDIR.*\n$/],
      ["nowhere.yaml", /^nowhere\.yaml cannot be read.*\n$/],
    ] as const) {
      const { status, stderr } = lightcone("hunt", name, "--time", "1h");
      expect(status).toBe(2);
      expect(stderr).toMatch(why);
    }
    const { status, stderr } = lightcone("hunt", file, "--out", file, "--time", "1h");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^sometimes\.yaml\/ledger\.jsonl cannot be written \(EEXIST.*name another folder/);
  });

  it.each([
    ["--seeds", "5..1", /It takes a range like 1\.\.10000/],
    ["--shard", "0/3", /It takes a shard like 2\/8/],
    ["--shard", "4/3", /It takes a shard like 2\/8/],
    ["--jobs", "0", /It takes a whole number from 1 up/],
    ["--jobs", "many", /It takes a whole number from 1 up/],
    ["--time", "soon", /It takes a duration like 30s/],
    ["--time", "0s", /It takes a duration like 30s/],
    ["--time", "900h", /of 24 days at most/],
    ["--budget", "0", /It takes a whole number from 1 up/],
  ])("refuses %s %s", async (option, value, why) => {
    let said = "";
    const command = huntCommand("test")
      .exitOverride()
      .configureOutput({ writeErr: (text) => (said += text) });
    await expect(command.parseAsync(["x.yaml", option, value], { from: "user" })).rejects.toThrow();
    expect(said).toMatch(why);
  });
});
