/** 1.2 MB, 340 kB, 12 B. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const grouped = new Intl.NumberFormat("en", { useGrouping: true, maximumFractionDigits: 0 });
export const countText = (count: number) => grouped.format(count).replaceAll(",", "\u202f");

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

const dateFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
export const dateText = (at: number) => dateFormat.format(at);

/** Time since the beginning of a session: 0.000 s, 1:02.345, 2:11:05.120. */
export function spanText(ms: number): string {
  const whole = Math.max(0, ms);
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = ((whole % 60_000) / 1000).toFixed(3);
  if (hours === 0 && minutes === 0) return `${seconds} s`;
  const padded = seconds.padStart(6, "0");
  return hours === 0 ? `${minutes}:${padded}` : `${hours}:${String(minutes).padStart(2, "0")}:${padded}`;
}
