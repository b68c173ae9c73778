/** For `skipIf`: a suite that cannot run here says why, once, where people read. */
export function skipped(isSkipped: boolean, reason: string): boolean {
  if (isSkipped) process.stdout.write(`skipped: ${reason}\n`);
  return isSkipped;
}
