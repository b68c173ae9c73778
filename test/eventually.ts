/** Waits on a state, never for a time: the limit only ends what would hang, also on a machine that does much else. */
import { vi } from "vitest";

export const eventually = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 60_000, interval: 20 });
