/** Between a node and the process of a merge function. */

/** The first message. */
export interface SandboxSetup {
  readonly source: string;
  /** Named in errors. */
  readonly file: string;
  readonly callMs: number;
}

export interface ToSandbox {
  readonly id: number;
  readonly a: string;
  readonly b: string;
}

export type FromSandbox =
  | { readonly kind: "ready"; readonly examples: readonly string[] }
  /** The file has no merge function that could be called. `why` goes on after "it". */
  | { readonly kind: "unusable"; readonly why: string }
  | { readonly kind: "merged"; readonly id: number; readonly value: string }
  | { readonly kind: "failed"; readonly id: number; readonly why: string };
