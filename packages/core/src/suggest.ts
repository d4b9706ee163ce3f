import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to a misspelt one, if any is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const match = closest(name.toLowerCase(), known);
  return distance(name.toLowerCase(), match.toLowerCase()) <= Math.max(2, Math.floor(name.length / 3))
    ? match
    : undefined;
}

/** `Did you mean "x"?`, or the list of what there is. */
export function didYouMean(name: string, known: readonly string[]): string {
  const match = nearest(name, known);
  return match === undefined ? `Known: ${known.join(', ') || 'none'}.` : `Did you mean "${match}"?`;
}
