/** One JSON line per result, as CONTRIBUTING.md describes. */
export interface Result {
  readonly bench: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number;
  /** Which side of the target is good. */
  readonly better: "lower" | "higher";
  readonly peer?: { readonly name: string; readonly value: number };
  readonly detail?: Readonly<Record<string, unknown>>;
}

const round = (value: number) => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

export function report(result: Result): void {
  const ok = result.better === "lower" ? result.value <= result.target : result.value >= result.target;
  const line = {
    bench: result.bench,
    value: round(result.value),
    unit: result.unit,
    target: result.target,
    ok,
    ...(result.peer && {
      peer: result.peer.name,
      peerValue: round(result.peer.value),
      ratio: round(result.value / result.peer.value),
    }),
    ...result.detail,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => percentile(values, 0.5);
