/** A verdict as people read it on a terminal. */
import type { RunVerdict } from "../../shared/scenario/run.types.ts";

/** One line per expectation, then why the run ended early if it did, then the verdict. */
export function verdictLines({ verdict, results, broken }: RunVerdict): string[] {
  const lines = results.map((result) => `${result.verdict.padEnd(8)}  ${result.words}: ${result.found}`);
  if (broken !== null) lines.push(`ended early: ${broken}`);
  return [...lines, `verdict: ${verdict}`];
}

export const exitCodes: Readonly<Record<RunVerdict["verdict"], number>> = {
  holds: 0,
  violated: 1,
  unknown: 2,
};
