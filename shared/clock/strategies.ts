/** How concurrent versions of a key become one answer, by name. */
export const conflictStrategies = [
  /** All are kept and shown; the client decides. */
  "siblings",
  /** The one with the highest hybrid stamp is kept; the others are lost, and the lab lists them. */
  "last-write-wins",
  /** Plain version vectors, one entry a server: what dots cure. It loses and keeps the wrong ones, for lessons. */
  "server-vectors",
  "counter",
  "set",
  "map",
  "max",
  "text",
] as const;
