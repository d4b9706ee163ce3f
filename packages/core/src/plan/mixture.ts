import type { VersionInfo } from '../spec/experiment-info.js';

/** Sequences taken from one version. */
export interface DataPart {
  readonly version: number;
  readonly sequences?: number;
}

/**
 * The parts of a replay mixture: a share `replay` of the newest version's sequences is replaced by sequences of earlier
 * versions, so that the total is that of the newest version. Earlier versions contribute in proportion to their size
 * (largest remainder method), and no more than they have.
 */
export function mixtureParts(earlier: readonly VersionInfo[], own: VersionInfo, replay: number): readonly DataPart[] {
  const available = earlier.reduce((sum, { sequences }) => sum + sequences, 0);
  const replayed = Math.min(Math.round(replay * own.sequences), available);
  if (replayed === 0) return [{ version: own.index }];
  const exact = earlier.map(({ sequences }) => (replayed * sequences) / available);
  const counts = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, place) => ({ place, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.place - b.place);
  let left = replayed - counts.reduce((sum, count) => sum + count, 0);
  for (const { place } of byRemainder) {
    if (left === 0) break;
    counts[place]!++;
    left--;
  }
  const old = earlier.map(({ index }, place) => ({ version: index, sequences: counts[place]! }));
  return [...old.filter(({ sequences }) => sequences > 0), { version: own.index, sequences: own.sequences - replayed }];
}
