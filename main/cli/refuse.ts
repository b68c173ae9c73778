/** How a command ends that cannot say what it was asked: one sentence, and as JSON where JSON was asked for. */
import { printable } from "./printable.ts";

/** The exit code. Throws what is no Error again. */
export function refuse(error: unknown, isJson = false): number {
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`${printable(error.message)}\n`);
  if (isJson) process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
  return 2;
}
