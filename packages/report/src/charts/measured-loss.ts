import type { ReleaseResult } from '@branchline/evaluation';

/** A loss of releases, and its name inside a sentence, such as `loss on news`. */
export interface MeasuredLoss {
  readonly pick: (release: ReleaseResult) => number | undefined;
  readonly name: string;
}

export const HELD_OUT: MeasuredLoss = { pick: ({ loss }) => loss, name: 'held-out loss' };

/** A name at the beginning of a text. */
export const capitalized = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`;
