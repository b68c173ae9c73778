import type { Schedule } from "../../shared/contract/client.ts";

export const scheduleInWindow: Schedule = (ms, fn) => {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
};
