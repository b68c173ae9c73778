export interface Place {
  readonly row: number;
  readonly column: number;
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Where an arrow key leads in a square grid whose diagonal is empty; null when there is nothing that way. */
export function gridStep(key: string, from: Place, side: number): Place | null {
  const step = steps[key];
  if (step === undefined) return null;
  let { row, column } = from;
  do {
    row += step[0];
    column += step[1];
  } while (row === column);
  const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < side;
  return isInside ? { row, column } : null;
}
