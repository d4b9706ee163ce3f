import { type Digest, digestJson } from '../json.js';
import type { StepContents } from './order-contents.js';
import { continuesRange, type StepRange } from './step-ranges.js';

/**
 * The key of a state: a hash chain over the *maximal* step ranges before it; the last range counts as far as it went.
 * Splitting a path at a fork or checkpoint does not change keys, so equal training always gives equal keys. Of the
 * data, a key holds the content of the sequences that were trained on, in their order.
 */
export class KeyChain {
  private constructor(
    private readonly closed: Digest,
    private readonly open: StepRange | undefined,
    private readonly basis: StepContents,
  ) {}

  static root(key: Digest, basis: StepContents): KeyChain {
    return new KeyChain(key, undefined, basis);
  }

  /** The chain extended by one range. */
  extend(range: StepRange): KeyChain {
    if (range.rate.steps === 0) return this;
    const { open, basis } = this;
    if (open === undefined) return new KeyChain(this.closed, range, basis);
    if (this.#continues(open, range)) {
      const rate = { ...open.rate, steps: open.rate.steps + range.rate.steps };
      return new KeyChain(this.closed, { ...open, order: range.order, rate }, basis);
    }
    return new KeyChain(this.key(), range, basis);
  }

  /** Whether a range continues the open one: in its order, or in another one with the same text before it. */
  #continues(open: StepRange, range: StepRange): boolean {
    const { batch, contents } = this.basis;
    if (!continuesRange({ ...open, order: range.order }, range, batch)) return false;
    const before = (order: Digest) => contents.prefix(order, range.offset);
    return open.order === range.order || before(open.order) === before(range.order);
  }

  extendAll(ranges: readonly StepRange[]): KeyChain {
    return ranges.reduce<KeyChain>((chain, range) => chain.extend(range), this);
  }

  key(): Digest {
    if (this.open === undefined) return this.closed;
    const { batch, contents } = this.basis;
    const { rate, order, offset, weights, objective, numerics } = this.open;
    const data = contents.prefix(order, offset + rate.steps * batch);
    const run = {
      ...{ rate: { ...rate }, data, offset },
      ...(weights && { weights }),
      ...(objective && { objective: objective.id }),
      ...(numerics && { numerics }),
    };
    return digestJson({ after: this.closed, run });
  }
}
