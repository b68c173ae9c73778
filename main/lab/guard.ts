/**
 * The last one out: a shell of a few lines that kills what the lab left when the lab itself was killed.
 *
 * A running node sees its control line close and ends itself. A node stopped by SIGSTOP sees nothing, would wake up in
 * no one's cluster months later, and nobody else remembers its pid. The guard holds the newest list of pids and waits
 * for its own input to end; the operating system ends it however the lab died. A clean end says so. What is no use to
 * anybody without the lab (the folder of a run that was not finished) is deleted as well.
 * It stands in a process group of its own, so that Ctrl+C in the terminal ends the lab and not the guard.
 *
 * Without it: `kill -9` of a lab with a paused node leaves that node behind for ever.
 */
import { spawn, type ChildProcess } from "node:child_process";

const script = `pids=
while read -r line; do pids=$line; done
if [ "$pids" = done ]; then exit; fi
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
if [ -n "$1" ]; then rm -rf -- "$1"; fi`;

export class Guard {
  readonly #shell: ChildProcess | null;

  /** `scratch`: a folder to delete when the lab is killed. */
  constructor(scratch: string | null) {
    this.#shell =
      process.platform === "win32"
        ? null
        : spawn("/bin/sh", ["-c", script, "guard", scratch ?? ""], {
            detached: true,
            stdio: ["pipe", "ignore", "ignore"],
          });
    this.#shell?.unref();
    // A guard that could not start or was killed must not take the lab with it: running nodes still end by themselves.
    this.#shell?.on("error", () => undefined);
    this.#shell?.stdin?.on("error", () => undefined);
  }

  /** The processes to end when the lab dies. */
  watch(pids: readonly number[]): void {
    this.#shell?.stdin?.write(`${pids.join(" ")}\n`);
  }

  close(): void {
    this.#shell?.stdin?.end("done\n");
  }
}
