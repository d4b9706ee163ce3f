import { type Digest, digestJson } from '../json.js';
import { continuesRange, type StepRange } from './step-ranges.js';

/**
 * The key of a state: a hash chain over the *maximal* step ranges before it; the last range counts as far as it went.
 * Splitting a path at a fork or checkpoint does not change keys, so equal training always gives equal keys.
 */
export class KeyChain {
  private constructor(
    private readonly closed: Digest,
    private readonly open: StepRange | undefined,
    private readonly batch: number,
  ) {}

  static root(key: Digest, batch: number): KeyChain {
    return new KeyChain(key, undefined, batch);
  }

  /** The chain extended by one range. */
  extend(range: StepRange): KeyChain {
    if (range.rate.steps === 0) return this;
    const { open, batch } = this;
    if (open === undefined) return new KeyChain(this.closed, range, batch);
    if (continuesRange(open, range, batch)) {
      return new KeyChain(
        this.closed,
        { ...open, rate: { ...open.rate, steps: open.rate.steps + range.rate.steps } },
        batch,
      );
    }
    return new KeyChain(this.key(), range, batch);
  }

  extendAll(ranges: readonly StepRange[]): KeyChain {
    return ranges.reduce<KeyChain>((chain, range) => chain.extend(range), this);
  }

  key(): Digest {
    if (this.open === undefined) return this.closed;
    const { rate, order, offset, weights } = this.open;
    return digestJson({ after: this.closed, run: { rate: { ...rate }, order, offset, ...(weights && { weights }) } });
  }
}
