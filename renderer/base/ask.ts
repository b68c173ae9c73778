import { create } from "zustand";

interface Wording {
  readonly title: string;
  readonly text: string;
  /** What the button that does it says. */
  readonly confirm: string;
}

export interface Question extends Wording {
  readonly answer: (yes: boolean) => void;
}

export const useQuestion = create<{ readonly question: Question | null }>()(() => ({ question: null }));

/** Asks before what cannot be undone. */
export function confirm(wording: Wording): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      useQuestion.setState({ question: null });
      resolve(yes);
    };
    useQuestion.setState({ question: { ...wording, answer } });
  });
}
