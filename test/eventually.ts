/** Waits on a state, never for a time: long enough for a machine that does much else. */
import { vi } from "vitest";

export const eventually = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });
