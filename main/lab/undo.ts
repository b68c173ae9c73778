/**
 * What Ctrl+Z takes back: the newest act that still stands.
 *
 * An act that was overtaken (a killed node that somebody restarted since) is passed over silently: taking it back
 * would do something nobody asked for. What cannot be taken back at all is never put on the stack.
 */
export interface Undoable {
  /** What taking it back does, as a person would say it: "Restart node-2". */
  readonly words: string;
  /** False once the act no longer stands. */
  readonly stands: () => boolean;
  readonly undo: () => Promise<void> | void;
}

const depthMax = 50;

export class UndoStack {
  #acts: Undoable[] = [];

  push(act: Undoable): void {
    this.#acts = [...this.#acts, act].slice(-depthMax);
  }

  /** What would be taken back next; null when there is nothing. */
  describe(): string | null {
    return this.#acts.findLast((act) => act.stands())?.words ?? null;
  }

  /** Takes the newest standing act back and says what was done; it is gone from the stack even if that fails. */
  async undo(): Promise<string | null> {
    const position = this.#acts.findLastIndex((act) => act.stands());
    const act = this.#acts[position];
    this.#acts = this.#acts.slice(0, Math.max(position, 0));
    if (act === undefined) return null;
    await act.undo();
    return act.words;
  }
}
