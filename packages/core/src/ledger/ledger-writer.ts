/** Creates and books ledger entries with time, device and price. */
import { type GraphNode, rootOf, stepsSinceRoot } from '../graph/run-graph.js';
import { type Digest, digestJson } from '../json.js';
import type { Objective } from '../path/path.js';
import type { ModelDescription, Trainer } from '../trainer/trainer.js';
import { addCost, type ExactCost, sumCosts } from './cost.js';
import { chargeId, costOfEntry, evaluationId, type LedgerEntry, type PluginCharge } from './entry.js';
import type { Ledger } from './ledger.js';
import { type DeviceRate, type PriceTable, priceTime, rateOf } from './prices.js';

/** What a ledger writer needs from the kernel. */
export interface LedgerWriterInput {
  readonly ledger: Ledger;
  readonly model: ModelDescription;
  readonly trainer: Trainer;
  readonly prices: PriceTable;
  /** Milliseconds since the epoch; used only for the time of entries. */
  readonly now: () => number;
}

/** A chunk of training between two stored states. */
export interface TrainedChunk {
  readonly from: Digest;
  readonly to: Digest;
  readonly root: Digest;
  /** Steps from the root to `to`. */
  readonly at: number;
  readonly steps: number;
  readonly tokens: number;
  /** What its steps optimise, if not the mean negative log-likelihood. */
  readonly objective?: Objective | undefined;
  readonly seed: number;
  readonly requestedBy: Iterable<string>;
}

/** A state as ledger entries refer to it. */
export interface StatePlace {
  readonly key: Digest;
  /** Key of its root, and steps since the root. */
  readonly root: Digest;
  readonly at: number;
  readonly seed: number;
}

/** The ledger place of a node of the run graph. */
export function placeOf(node: GraphNode): StatePlace {
  return { key: node.key, root: rootOf(node).key, at: stepsSinceRoot(node), seed: node.seed };
}

export class LedgerWriter {
  readonly ledger: Ledger;
  /** Price, power and peak of the trainer's device. */
  readonly rate: DeviceRate;
  #spent: ExactCost;
  /** Settles when no entry is being written. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly input: LedgerWriterInput) {
    this.ledger = input.ledger;
    this.rate = rateOf(input.prices, input.trainer.describe());
    this.#spent = sumCosts(input.ledger.entries.map(costOfEntry));
  }

  /** Total cost booked so far. */
  get spent(): ExactCost {
    return this.#spent;
  }

  /** FLOPs of training on `tokens` tokens, by default for the mean negative log-likelihood. */
  flopsOf(tokens: number, objective?: Objective): bigint {
    return BigInt(objective?.flopsPerToken ?? this.input.model.flopsPerToken) * BigInt(tokens);
  }

  /**
   * Books an entry, unless its id is booked. One at a time, because every line holds the digest of the one before it.
   * `booked` is called in the moment in which `spent` includes the entry.
   */
  append(entry: LedgerEntry, booked?: () => void): Promise<void> {
    const done = this.#turn.then(async () => {
      if (!this.ledger.has(entry.id)) {
        await this.ledger.append(entry);
        this.#spent = addCost(this.#spent, costOfEntry(entry));
      }
      booked?.();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** An entry for a chunk that took `seconds` to train. Does not book it. */
  trained(chunk: TrainedChunk, seconds: number): LedgerEntry {
    const { requestedBy, seed, objective, ...place } = chunk;
    const flops = this.flopsOf(chunk.tokens, objective).toString();
    const id = this.ledger.idOfChunk(chunk.to);
    return { kind: 'train', id, ...place, flops, ...this.#billed(seconds, requestedBy, seed) };
  }

  /** An entry for strategies that reuse a stored chunk. Does not book it. */
  reused(chunk: TrainedChunk): LedgerEntry {
    const { requestedBy, seed, objective, ...place } = chunk;
    const id = digestJson({ reuse: place.to, from: place.from, by: [...requestedBy] });
    const flops = this.flopsOf(chunk.tokens, objective).toString();
    return { kind: 'reuse', id, ...place, flops, ...this.#billed(0, requestedBy, seed) };
  }

  /** FLOPs of an evaluation: a forward pass is a third of a training step (Kaplan et al., 2020, section 2.1). */
  evaluationFlopsOf(tokens: number): bigint {
    return this.flopsOf(tokens) / 3n;
  }

  /** An entry for an evaluation that took `seconds`. Does not book it. */
  evaluated(
    state: StatePlace,
    set: { readonly digest: Digest; readonly tokens: number },
    seconds: number,
    requestedBy: Iterable<string>,
  ): LedgerEntry {
    // An evaluation with a damaged record is repeated and paid for again, under a new id.
    let id = evaluationId(state.key, set.digest);
    for (let again = 1; this.ledger.has(id); again++) {
      id = digestJson({ evaluate: state.key, set: set.digest, again });
    }
    return {
      kind: 'evaluate',
      id,
      from: '',
      to: state.key,
      root: state.root,
      at: state.at,
      steps: 0,
      tokens: set.tokens,
      flops: this.evaluationFlopsOf(set.tokens).toString(),
      ...this.#billed(seconds, requestedBy, state.seed),
    };
  }

  /** An entry for a plugin's charge. Does not book it. */
  charged({ name: strategy, seed }: { name: string; seed: number }, charge: PluginCharge): LedgerEntry {
    const { plugin, version, what, tokens, flops } = charge;
    return {
      kind: 'charge',
      id: chargeId(strategy, charge),
      from: '',
      to: '',
      root: '',
      at: 0,
      steps: 0,
      tokens: Math.round(tokens),
      flops: BigInt(Math.round(flops)).toString(),
      ...this.#billed(0, [strategy], seed),
      plugin,
      version,
      note: what,
    };
  }

  #billed(seconds: number, requestedBy: Iterable<string>, seed: number) {
    const { currency, price, power } = this.rate;
    return {
      device: this.input.trainer.describe().device,
      ...priceTime(seconds, this.rate),
      currency,
      price,
      power,
      requestedBy: [...requestedBy],
      seed,
      time: new Date(this.input.now()).toISOString(),
    };
  }
}
