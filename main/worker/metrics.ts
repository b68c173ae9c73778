/** Counters and histograms in the text format of Prometheus (exposition format 0.0.4). */

/** Upper bounds in seconds. */
const latencyBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export class LatencyHistogram {
  readonly #buckets = latencyBounds.map(() => 0);
  #sum = 0;
  #count = 0;

  observe(seconds: number): void {
    const bucket = latencyBounds.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) this.#buckets[bucket]! += 1;
    this.#sum += seconds;
    this.#count += 1;
  }

  samples(labels: Labels): Sample[] {
    let below = 0;
    const buckets = latencyBounds.map((bound, index): Sample => {
      below += this.#buckets[index]!;
      return { suffix: "_bucket", labels: { ...labels, le: String(bound) }, value: below };
    });
    return [
      ...buckets,
      { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: this.#count },
      { suffix: "_sum", labels, value: this.#sum },
      { suffix: "_count", labels, value: this.#count },
    ];
  }
}

export type Labels = Readonly<Record<string, string>>;
export interface Sample {
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

const escape = (text: string) => text.replace(/[\\"\n]/g, (sign) => (sign === "\n" ? "\\n" : `\\${sign}`));

function line(name: string, { suffix = "", labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

export function renderMetrics(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map((sample) => line(name, sample)),
  ]);
  return `${lines.join("\n")}\n`;
}

/** One number per label value, as samples. */
export function byLabel(label: string, numbers: Iterable<readonly [string, number]>): Sample[] {
  return [...numbers].map(([text, value]) => ({ labels: { [label]: text }, value }));
}

export const counter = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: "counter",
  samples: [{ value }],
});
export const gauge = (name: string, help: string, value: number): Metric => ({
  ...counter(name, help, value),
  type: "gauge",
});
