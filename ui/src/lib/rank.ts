// What is meant by a few typed letters.

/** Those whose text has every typed word, the ones that begin with it first; all in their order when nothing is typed. */
export function rank<T>(all: T[], typed: string, text: (each: T) => string): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return all;
  const scored = all.flatMap((each) => {
    const haystack = text(each).toLowerCase();
    if (!words.every((word) => haystack.includes(word))) return [];
    return [{ each, score: words.reduce((sum, word) => sum + score(haystack, word), 0) }];
  });
  return scored.sort((a, b) => b.score - a.score).map(({ each }) => each);
}

function score(haystack: string, word: string): number {
  if (haystack.startsWith(word)) return 2;
  const before = haystack.charAt(haystack.indexOf(word) - 1);
  return /[a-z0-9]/.test(before) ? 0 : 1;
}
