import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to a misspelt one, if any is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const match = closest(name.toLowerCase(), known);
  // Two letters apart is near for a word, and anything for a name of two.
  const near = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return distance(name.toLowerCase(), match.toLowerCase()) <= near ? match : undefined;
}

/** `Did you mean "x"?`, or the list of what there is. */
export function didYouMean(name: string, known: readonly string[]): string {
  const match = nearest(name, known);
  return match === undefined ? `Known: ${known.join(', ') || 'none'}.` : `Did you mean "${match}"?`;
}
