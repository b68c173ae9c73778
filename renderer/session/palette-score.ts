/**
 * How well a command fits what was typed: 0 when a word of it occurs nowhere. Words that begin the title count most,
 * then words of the title, then the other words by which it may be found. No guessing from scattered letters: the
 * wrong command in the first place is a command carried out by mistake.
 */
export function scoreOf(title: string, words: string, typed: string): number {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const inTitle = title.toLowerCase();
  const besides = words.toLowerCase();
  let score = 1;
  for (const word of wanted) {
    if (inTitle.startsWith(word)) score *= 1;
    else if (inTitle.includes(` ${word}`)) score *= 0.8;
    else if (inTitle.includes(word)) score *= 0.6;
    else if (` ${besides}`.includes(` ${word}`)) score *= 0.4;
    else return 0;
  }
  // Of two that fit alike the shorter title is nearer to what was typed.
  return score * (1 - Math.min(inTitle.length, 200) / 1000);
}
