export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface BrokenCore {
  readonly name: string;
  /** The rule that is broken, and its row. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Of assets/scenarios or ./scenarios, without its ending. */
  readonly scenario: string;
  /** Seeds within which it must be found. */
  readonly within: number;
  /** Part of the quick version in `npm test`. */
  readonly isQuick?: boolean;
}
