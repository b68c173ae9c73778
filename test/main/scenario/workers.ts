/** Node processes that a process has started, as Linux lists them. */
import { readdirSync, readFileSync } from "node:fs";

/** Living nodes among the children of `parent`. */
export function workersOf(parent: number): { readonly node: string; readonly pid: number }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const node = /--node-id=([^\0]+)/.exec(readFileSync(`/proc/${name}/cmdline`, "utf8"))?.[1];
        return ppid === parent && node !== undefined ? [{ node, pid: Number(name) }] : [];
      } catch {
        return [];
      }
    });
}
