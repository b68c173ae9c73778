import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { Rates } from "./store.ts";

/** Counts what the live session brings, read about once a second. */
export function createMeter() {
  let since: number | null = null;
  let events = 0;
  let operations = 0;
  let lagMs = 0;
  return {
    count(batch: readonly RecordedEvent[], now: number): void {
      since ??= now;
      events += batch.length;
      for (const event of batch) if (event.name === "reply") operations += 1;
      const newest = batch.at(-1);
      if (newest !== undefined) lagMs = Math.max(lagMs, now - newest.at);
    },
    /** The rates since the last reading. */
    read(now: number): Rates {
      const seconds = since === null ? 0 : (now - since) / 1000;
      const rates = {
        operationsPerSecond: seconds > 0 ? operations / seconds : 0,
        eventsPerSecond: seconds > 0 ? events / seconds : 0,
        lagMs,
      };
      since = now;
      events = 0;
      operations = 0;
      lagMs = 0;
      return rates;
    },
  };
}
