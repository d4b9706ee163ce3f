/** Deals texts to versions of equal size, when versions are random. */
import { type Digest, digestBytes } from '@branchline/core';
import { byText } from '../storage/files.js';

/** A piece that is dealt. */
export interface Dealable {
  readonly digest: Digest;
  readonly tokens: number;
}

/** Deals texts of one domain: each goes to the version with the fewest tokens of the domain. */
export class Dealer {
  readonly #own: number[];

  /**
   * @param totals Tokens of each version in all domains, which are updated. Ties go to the version with the fewest:
   * otherwise the first version would get every domain that has a single text.
   */
  constructor(
    count: number,
    private readonly totals: number[] = new Array<number>(count).fill(0),
  ) {
    this.#own = new Array<number>(count).fill(0);
  }

  next(tokens: number): number {
    const own = this.#own;
    let least = 0;
    for (let version = 1; version < own.length; version++) {
      const difference = own[version]! - own[least]! || this.totals[version]! - this.totals[least]!;
      if (difference < 0) least = version;
    }
    own[least]! += tokens;
    this.totals[least]! += tokens;
    return least;
  }
}

/** Deals held-out pieces to versions, longest first; pieces of similar length are shuffled by a digest. */
export function dealHeldOut(pieces: readonly Dealable[], count: number, seed: number): number[] {
  const versions = new Array<number>(pieces.length).fill(0);
  const dealer = new Dealer(count);
  pieces
    .map(({ digest, tokens }, index) => ({
      index,
      tokens,
      size: Math.floor(Math.log2(tokens)),
      rank: digestBytes(`${seed}\nversion held-out\n${digest}`),
    }))
    .sort((a, b) => b.size - a.size || byText(a.rank, b.rank) || a.index - b.index)
    .forEach(({ index, tokens }) => {
      versions[index] = dealer.next(tokens);
    });
  return versions;
}
