/** Builds once, if anything changed, so that the suites start the real entry files. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export default function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, "..", "main", "start.mjs"), "--version"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
