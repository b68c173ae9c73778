/** Which rows of a long list are drawn. Browsers clip elements near 30 million pixels, so very long lists are scaled. */

const heightMax = 12_000_000;

export interface Rows {
  /** First and one past the last row to draw. */
  readonly first: number;
  readonly end: number;
  /** Where the first drawn row stands, in pixels from the top of the content. */
  readonly offset: number;
  /** Height of the content. */
  readonly height: number;
}

export function rowsAt(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  count: number,
  spare = 6,
): Rows {
  const full = count * rowHeight;
  const height = Math.min(full, heightMax);
  const shown = Math.ceil(viewHeight / rowHeight);
  const travel = Math.max(1, height - viewHeight);
  const position = Math.min(Math.max(scrollTop / travel, 0), 1) * Math.max(0, full - viewHeight);
  const first = Math.max(0, Math.floor(position / rowHeight) - spare);
  const end = Math.min(count, Math.floor(position / rowHeight) + shown + 1 + spare);
  return { first, end, offset: first * rowHeight - position + Math.min(scrollTop, travel), height };
}

/** Where to scroll so that a row stands in the middle of the view. */
export function scrollTo(row: number, viewHeight: number, rowHeight: number, count: number): number {
  const full = count * rowHeight;
  const hidden = Math.max(0, full - viewHeight);
  const wanted = Math.min(Math.max(0, (row + 0.5) * rowHeight - viewHeight / 2), hidden);
  const travel = Math.max(0, Math.min(full, heightMax) - viewHeight);
  return hidden === 0 ? 0 : (wanted / hidden) * travel;
}
