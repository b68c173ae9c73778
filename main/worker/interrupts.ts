/**
 * What Ctrl+C and `kill` mean to a process that needs a moment to end.
 *
 * One press arrives more than once: the terminal sends it to every process of the foreground, and npm and the launcher
 * (main/node.mjs) each pass their own on. Taken for impatience, the second would cut the orderly end short.
 */
const samePressMs = 500;

export type Interrupt = "SIGINT" | "SIGTERM" | "SIGHUP";

/** `once` at the first signal; `again` at one that comes later than the same press can. */
export function onInterrupts(signals: readonly Interrupt[], once: () => void, again: () => void): void {
  let firstAt: number | null = null;
  const interrupted = () => {
    if (firstAt === null) {
      firstAt = performance.now();
      once();
    } else if (performance.now() - firstAt > samePressMs) again();
  };
  for (const signal of signals) process.on(signal, interrupted);
}
