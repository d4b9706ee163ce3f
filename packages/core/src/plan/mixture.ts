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

/**
 * Two lists merged, each in its own order, so that the share of `old` changes linearly from `from` at the beginning to
 * `to` at the end. `old` should have about the mean of both as its share; otherwise both shares are scaled.
 */
export function rampedMixture(own: Uint32Array, old: Uint32Array, from: number, to: number): Uint32Array {
  const count = own.length + old.length;
  /** How many of the first `taken` are old: the integral of the share. */
  const oldOf = (taken: number) => {
    const r = taken / count;
    return Math.round((old.length * (from * r + ((to - from) * r * r) / 2)) / ((from + to) / 2));
  };
  const merged = new Uint32Array(count);
  let taken = 0;
  for (let place = 0; place < count; place++) {
    const isOld = taken < oldOf(place + 1) || place - taken === own.length;
    merged[place] = isOld ? old[taken++]! : own[place - taken]!;
  }
  return merged;
}
