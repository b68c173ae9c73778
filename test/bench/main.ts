/**
 * `npm run -s bench -- [name…]`: measures and prints one JSON line per result. Without names it runs all but the long
 * ones. Numbers are never asserted: the machine may be shared.
 */
import setup from "../setup.ts";
import { checkKvSound, checkKvUnsound, checkRegister } from "./check.ts";
import { clockSave, clockSaveBatch, clockSize } from "./clocks.ts";
import { faults } from "./faults.ts";
import { logAppend, logAppendGroup, logAppendSync, logReplay, logValidate } from "./log.ts";
import { busy, calm, detectKill, formFive } from "./membership.ts";
import { merkle, merkleUpdate } from "./merkle.ts";
import { put1, put64 } from "./put.ts";
import { recorder } from "./recorder.ts";
import { recoverFive, recoverMillion, recoverTail } from "./recover.ts";
import { allDemonstrations, simulateFive, simulateForAnHour, thousandMembers } from "./simulate.ts";
import { eventToScreen, frames } from "./window.ts";

const benches: Record<string, () => Promise<void>> = {
  "form-5": formFive,
  "detect-kill": detectKill,
  "put-64": put64,
  "put-1": put1,
  recorder,
  merkle,
  "merkle-update": merkleUpdate,
  "recover-5": recoverFive,
  "recover-1m": recoverMillion,
  "recover-tail": recoverTail,
  "log-append-sync": logAppendSync,
  "log-append-group": logAppendGroup,
  "log-append": logAppend,
  "log-validate": logValidate,
  "log-replay": logReplay,
  "event-to-screen": eventToScreen,
  frames,
  "check-kv-sound": checkKvSound,
  "check-kv-unsound": checkKvUnsound,
  "check-register": checkRegister,
  "sim-5": simulateFive,
  "sim-memory": simulateForAnHour,
  "swim-1000": thousandMembers,
  demonstrations: allDemonstrations,
  "clock-size": clockSize,
  "clock-save-batch": clockSaveBatch,
  "clock-save": clockSave,
};
/** Ten minutes and more each: only when named. */
const longBenches: Record<string, () => Promise<void>> = {
  "calm-10min": calm,
  "busy-10min": busy,
  "faults-30min": faults,
};

setup();
const all = { ...benches, ...longBenches };
const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(all, name));
if (unknown !== undefined) {
  process.stderr.write(`There is no bench "${unknown}". There are: ${Object.keys(all).join(", ")}.\n`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(benches)) await all[name]!();
