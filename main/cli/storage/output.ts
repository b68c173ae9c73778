/**
 * Standard output for what may be long: it waits for a slow reader instead of filling the memory, and says when the
 * reader has gone (`| head`), which is the reader's good right.
 */
export class Output {
  #isOpen = true;

  constructor() {
    process.stdout.once("error", () => (this.#isOpen = false));
    process.stdout.once("close", () => (this.#isOpen = false));
  }

  /** False: nobody reads any more. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  async write(text: string): Promise<void> {
    if (!this.#isOpen) return;
    const isTaken = process.stdout.write(text);
    if (!isTaken) await this.#drained();
  }

  /** Lets errors and signals be heard. */
  async breathe(): Promise<void> {
    await new Promise((done) => setImmediate(done));
  }

  #drained(): Promise<void> {
    return new Promise((done) => {
      const { stdout } = process;
      const end = () => {
        for (const name of ["drain", "error", "close"] as const) stdout.off(name, end);
        done();
      };
      for (const name of ["drain", "error", "close"] as const) stdout.on(name, end);
    });
  }
}
