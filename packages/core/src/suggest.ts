import { closest, distance } from 'fastest-levenshtein';

/** The most similar known name, if it is similar enough for a typo. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const match = closest(name.toLowerCase(), known);
  // An edit distance of 2 suggests a typo in a longer word, but means nothing in a name of two letters.
  const near = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return distance(name.toLowerCase(), match.toLowerCase()) <= near ? match : undefined;
}

/** `Did you mean "x"?`, or the list of known names. */
export function didYouMean(name: string, known: readonly string[]): string {
  const match = nearest(name, known);
  return match === undefined ? `Known: ${known.join(', ') || 'none'}.` : `Did you mean "${match}"?`;
}
