/** Why this combination cannot work, or null. */
export function quorumProblem(nodes: number, n: number, r: number, w: number): string | null {
  if (![nodes, n, r, w].every(Number.isInteger)) return "These must be whole numbers.";
  if (nodes < 1 || nodes > 32) return "A cluster here has 1 to 32 nodes.";
  if (n < 1 || n > nodes) return `Copies of a key: 1 to ${nodes}, one for each node at most.`;
  if (r < 1 || r > n || w < 1 || w > n) return `Replies to wait for: 1 to ${n}, the number of copies.`;
  return null;
}
