import { BranchlineError, type ErrorPlace } from '../errors.js';
import { type Digest, digestBytes } from '../json.js';
import { subsetSize } from '../spec/data-size.js';
import type { ExperimentInfo } from '../spec/experiment-info.js';
import type { DataSpec, OrderBy, OrderScope } from '../spec/values.js';
import type { DataProvider, MaterializedOrder } from './data.js';
import type { SettledLossRequest } from './decide.js';
import { type DataPart, mixtureParts, rampedMixture } from './mixture.js';
import { type OrderSequence, remainingIds } from './steps.js';

/** Sequence ids of data orders by digest; the executor turns them into batches. */
export type Orders = Map<Digest, Uint32Array>;

/** Every pass over the data has its own order, so very long paths would exhaust memory. */
const MAX_PASSES = 1000;

function tooManyPasses(place: ErrorPlace): BranchlineError {
  const message = `repeats its data more than ${MAX_PASSES} times`;
  return new BranchlineError('plan', { ...place, message, remedy: 'Train fewer steps, or on more data.' });
}

/** Makes the data orders that a strategy's paths use, and stores their ids. */
export class OrderMaker {
  constructor(
    private readonly data: DataProvider,
    private readonly experiment: ExperimentInfo,
    readonly orders: Orders,
  ) {}

  /** Ranks of sequences by score; undefined without scores. */
  get ranks(): ((sequences: Uint32Array) => Float64Array) | undefined {
    const { data } = this;
    return data.scored && data.ranks ? (sequences) => data.ranks!(sequences) : undefined;
  }

  /** The data of a version, pass after pass. The seed of a pass is the experiment's seed plus the pass index. */
  ofVersion(version: number, use: DataSpec, order: OrderBy, scope: OrderScope, place: ErrorPlace): OrderSequence {
    const { experiment } = this;
    const ids = use.use === 'subset' ? this.#subset(version, use) : use.use === 'chosen' ? use.sequences : undefined;
    if (ids !== undefined) return this.#passes(this.#checked(version, ids, place), order, place);
    const parts = partsOf(version, use, experiment);
    if (use.use === 'mixture' && use.to !== undefined && use.to !== use.replay && parts.length > 1) {
      return this.#ramp(parts, { from: use.replay, to: use.to }, order, scope, place);
    }
    const requests = scope === 'together' ? [parts] : parts.map((part) => [part]);
    return {
      parts: requests.length,
      at: (index) => {
        const pass = Math.floor(index / requests.length);
        if (pass === MAX_PASSES) throw tooManyPasses(place);
        const seed = experiment.seed + pass;
        return this.#remember(this.data.order({ parts: requests[index % requests.length]!, order, seed }), place);
      },
    };
  }

  /** The data of one pass that is left after `skip` steps, reordered. */
  remaining(orders: OrderSequence, skip: number, order: OrderBy, place: ErrorPlace): OrderSequence {
    return this.#passes(remainingIds(orders, skip, this.experiment.batch), order, place);
  }

  /** Distinct sequences of what a reactive plugin measures, or a random sample of them, ascending. */
  measured(
    version: number,
    use: DataSpec,
    { on, sample }: Pick<SettledLossRequest, 'on' | 'sample'>,
    place: ErrorPlace,
  ): Uint32Array {
    const all = on === 'held-out' ? this.#heldOut(version, place) : this.#trained(version, use, place);
    if (sample === undefined || sample >= all.length) return all;
    const { ids } = this.data.reorder(all, { by: 'shuffled' }, this.experiment.seed);
    return ids.slice(0, sample).sort();
  }

  /** All sequences that a version trains on, ascending. */
  #trained(version: number, use: DataSpec, place: ErrorPlace): Uint32Array {
    const orders = this.ofVersion(version, use, { by: 'shuffled' }, 'together', place);
    return Uint32Array.from(new Set(orders.at(0).ids)).sort();
  }

  /** The held-out sequences of all versions up to one, ascending. */
  #heldOut(version: number, place: ErrorPlace): Uint32Array {
    const parts = this.data.evaluationSets().flatMap((set) => set.parts.filter((part) => part.version <= version));
    const ids = parts.flatMap(({ sequences }) => [...sequences]);
    if (ids.length > 0) return Uint32Array.from(ids).sort();
    throw new BranchlineError('plan', {
      ...place,
      message: 'asks for losses on held-out text, and there is none in the versions up to this one',
      remedy: 'Hold some text out with data.heldOut, or measure the data of the version.',
    });
  }

  /** The given sequences, pass after pass. */
  #passes(ids: Uint32Array, order: OrderBy, place: ErrorPlace): OrderSequence {
    const { seed } = this.experiment;
    const at = (pass: number) => {
      if (pass === MAX_PASSES) throw tooManyPasses(place);
      return this.#remember(this.data.reorder(ids, order, seed + pass), place);
    };
    return { parts: 1, at };
  }

  /** A mixture whose share of earlier versions, all parts but the last, changes over each pass. */
  #ramp(
    parts: readonly DataPart[],
    { from, to }: { readonly from: number; readonly to: number },
    order: OrderBy,
    scope: OrderScope,
    place: ErrorPlace,
  ): OrderSequence {
    if (scope === 'by-version') {
      const message = "data: the share of earlier versions cannot change over a pass with order.scope 'by-version'";
      const remedy = "Leave out data.to, or set order.scope to 'together'.";
      throw new BranchlineError('plan', { ...place, message, remedy });
    }
    const at = (pass: number) => {
      if (pass === MAX_PASSES) throw tooManyPasses(place);
      const seed = this.experiment.seed + pass;
      const own = this.data.order({ parts: parts.slice(-1), order, seed }).ids;
      const old = this.data.order({ parts: parts.slice(0, -1), order, seed }).ids;
      const ids = rampedMixture(own, old, from, to);
      return this.#remember({ digest: digestIds(ids), ids }, place);
    };
    return { parts: 1, at };
  }

  /** A subset of a version's data: those with the highest scores, or random ones. */
  #subset(version: number, { of, by, share, domains, replay = 0 }: DataSpec & { use: 'subset' }): Uint32Array {
    const { seed, batch, versions } = this.experiment;
    const parts = partsOf(version, { use: of }, this.experiment);
    const ranks: OrderBy = { by: 'descending', ...(domains !== undefined && { domains }) };
    const { ids } = this.data.order({ parts, order: by === 'score' ? ranks : { by: 'shuffled' }, seed });
    const size = subsetSize(ids.length, share, batch);
    if (replay === 0) return ids.slice(0, size);
    const own = { ...versions[version - 1]!, sequences: size };
    const replayed = mixtureParts(versions.slice(0, version - 1), own, replay).filter((part) => part.version < version);
    if (replayed.length === 0) return ids.slice(0, size);
    const old = this.data.order({ parts: replayed, order: { by: 'shuffled' }, seed }).ids;
    return Uint32Array.from([...ids.slice(0, size - old.length), ...old]).sort();
  }

  /**
   * Checks that sequences chosen by a plugin are training sequences of versions up to this one. Throws a `plan` error.
   */
  #checked(version: number, sequences: readonly number[] | Uint32Array, place: ErrorPlace): Uint32Array {
    const { experiment, data } = this;
    const { ids } = data.order({
      parts: partsOf(version, { use: 'all' }, experiment),
      order: { by: 'shuffled' },
      seed: 0,
    });
    const known = new Set(ids);
    const strange = sequences.find((id) => !known.has(id));
    // Sorted, because the result must not depend on the order in which they were chosen.
    if (strange === undefined) return Uint32Array.from(sequences).sort();
    const message = `data: sequence ${strange} is not a training sequence of versions 1 to ${version}`;
    throw new BranchlineError('plan', { ...place, message });
  }

  #remember(order: MaterializedOrder, place: ErrorPlace): MaterializedOrder {
    const { batch } = this.experiment;
    if (order.ids.length < batch) {
      const message = `a batch of ${batch} sequences is more than the data has: ${order.ids.length}`;
      throw new BranchlineError('plan', { ...place, message, remedy: 'Use a smaller batch or more data.' });
    }
    this.orders.set(order.digest, order.ids);
    return order;
  }
}

function partsOf(version: number, use: DataSpec, { versions }: ExperimentInfo): readonly DataPart[] {
  const earlier = versions.filter(({ index }) => index < version);
  if (use.use === 'all') return [...earlier.map(({ index }) => ({ version: index })), { version }];
  if (use.use !== 'mixture') return [{ version }];
  return mixtureParts(earlier, versions[version - 1]!, (use.replay + (use.to ?? use.replay)) / 2);
}

/** As data providers name an order. */
function digestIds(ids: Uint32Array): Digest {
  const bytes = new DataView(new ArrayBuffer(ids.length * 4));
  for (const [index, id] of ids.entries()) bytes.setUint32(index * 4, id, true);
  return digestBytes(new Uint8Array(bytes.buffer));
}
