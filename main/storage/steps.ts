/** Long work that is cut into steps, done at once, or with the event loop's other work between. */

export function finished<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** `told` after each step, how far it is. */
export async function inTurns<Progress, Result>(
  steps: Generator<Progress, Result>,
  told: (progress: Progress) => void,
): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    told(step.value);
    await new Promise((done) => setImmediate(done));
  }
}
