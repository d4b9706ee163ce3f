import { BranchlineError, type ErrorPlace } from '../errors.js';
import type { Digest } from '../json.js';
import { subsetSize } from '../spec/data-size.js';
import type { ExperimentInfo } from '../spec/experiment-info.js';
import type { DataSpec, OrderBy, OrderScope } from '../spec/values.js';
import type { DataProvider, MaterializedOrder } from './data.js';
import { type DataPart, mixtureParts } from './mixture.js';
import { type OrderSequence, remainingIds } from './steps.js';

/** Orders by digest: what an executor needs to turn runs into batches. */
export type Orders = Map<Digest, Uint32Array>;

/** Every pass over the data has an order of its own, so that a path of absurd length would fill the memory. */
const MOST_PASSES = 1000;

function tooManyPasses(place: ErrorPlace): BranchlineError {
  const message = `goes over its data more than ${MOST_PASSES} times`;
  return new BranchlineError('plan', { ...place, message, remedy: 'Train fewer steps, or on more data.' });
}

/** Makes the orders a strategy's paths train through, and remembers their ids. */
export class OrderBook {
  constructor(
    private readonly data: DataProvider,
    private readonly experiment: ExperimentInfo,
    readonly orders: Orders,
  ) {}

  /** The data of a version, pass after pass; the seed of a pass is the experiment's plus its number. */
  ofVersion(version: number, use: DataSpec, order: OrderBy, scope: OrderScope, place: ErrorPlace): OrderSequence {
    const { experiment } = this;
    const ids = use.use === 'subset' ? this.#subset(version, use) : use.use === 'chosen' ? use.sequences : undefined;
    if (ids !== undefined) return this.#passes(this.#checked(version, ids, place), order, place);
    const parts = partsOf(version, use, experiment);
    const requests = scope === 'together' ? [parts] : parts.map((part) => [part]);
    return {
      parts: requests.length,
      at: (index) => {
        const pass = Math.floor(index / requests.length);
        if (pass === MOST_PASSES) throw tooManyPasses(place);
        const seed = experiment.seed + pass;
        return this.#remember(this.data.order({ parts: requests[index % requests.length]!, order, seed }), place);
      },
    };
  }

  /** What is left of one pass behind `skip` steps, in another order. */
  remaining(orders: OrderSequence, skip: number, order: OrderBy, place: ErrorPlace): OrderSequence {
    return this.#passes(remainingIds(orders, skip, this.experiment.batch), order, place);
  }

  /** The sequences that a version's data is, ascending, each once. */
  sequencesOf(version: number, use: DataSpec, place: ErrorPlace): Uint32Array {
    const orders = this.ofVersion(version, use, { by: 'shuffled' }, 'together', place);
    return Uint32Array.from(new Set(orders.at(0).ids)).sort();
  }

  /** These sequences, pass after pass. */
  #passes(ids: Uint32Array, order: OrderBy, place: ErrorPlace): OrderSequence {
    const { seed } = this.experiment;
    const at = (pass: number) => {
      if (pass === MOST_PASSES) throw tooManyPasses(place);
      return this.#remember(this.data.reorder(ids, order, seed + pass), place);
    };
    return { parts: 1, at };
  }

  /** The first of an order: best scores first, or shuffled. */
  #subset(version: number, { of, by, share }: DataSpec & { use: 'subset' }): Uint32Array {
    const { seed, batch } = this.experiment;
    const parts = partsOf(version, { use: of }, this.experiment);
    const { ids } = this.data.order({ parts, order: { by: by === 'score' ? 'descending' : 'shuffled' }, seed });
    return ids.slice(0, subsetSize(ids.length, share, batch));
  }

  /** Sequences that a plugin chose must be for training, and known by this version. */
  #checked(version: number, sequences: readonly number[] | Uint32Array, place: ErrorPlace): Uint32Array {
    const { experiment, data } = this;
    const { ids } = data.order({
      parts: partsOf(version, { use: 'all' }, experiment),
      order: { by: 'shuffled' },
      seed: 0,
    });
    const known = new Set(ids);
    const strange = sequences.find((id) => !known.has(id));
    // Chosen in whatever order: an order is made of them as a set.
    if (strange === undefined) return Uint32Array.from(sequences).sort();
    const message = `data: sequence ${strange} is none of the training sequences of versions 1 to ${version}`;
    throw new BranchlineError('plan', { ...place, message });
  }

  #remember(order: MaterializedOrder, place: ErrorPlace): MaterializedOrder {
    const { batch } = this.experiment;
    if (order.ids.length < batch) {
      const message = `a batch of ${batch} sequences does not fit into the ${order.ids.length} that are there`;
      throw new BranchlineError('plan', { ...place, message, remedy: 'Use a smaller batch or more data.' });
    }
    this.orders.set(order.digest, order.ids);
    return order;
  }
}

function partsOf(version: number, use: DataSpec, { versions }: ExperimentInfo): readonly DataPart[] {
  const earlier = versions.filter(({ index }) => index < version);
  if (use.use === 'all') return [...earlier.map(({ index }) => ({ version: index })), { version }];
  return use.use === 'mixture' ? mixtureParts(earlier, versions[version - 1]!, use.replay) : [{ version }];
}
