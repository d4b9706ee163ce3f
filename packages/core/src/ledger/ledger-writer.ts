/** Makes and books entries: every one with its time, its device and its price. */
import type { GraphNode } from '../graph/run-graph.js';
import { type Digest, digestJson } from '../json.js';
import type { ModelDescription, Trainer } from '../trainer/trainer.js';
import { addCost, type ExactCost, sumCosts } from './cost.js';
import { chargeId, costOfEntry, evaluationId, type LedgerEntry, type PluginCharge } from './entry.js';
import type { Ledger } from './ledger.js';
import { type DeviceRate, type PriceTable, priceTime, rateOf } from './prices.js';

/** What the books need from the kernel. */
export interface LedgerWriterInput {
  readonly ledger: Ledger;
  readonly model: ModelDescription;
  readonly trainer: Trainer;
  readonly prices: PriceTable;
  /** Milliseconds since the epoch; dates entries, nothing else. */
  readonly now: () => number;
}

/** A stretch that was trained. */
export interface TrainedChunk {
  readonly from: Digest;
  readonly to: Digest;
  readonly root: Digest;
  /** Steps from the root to `to`. */
  readonly at: number;
  readonly steps: number;
  readonly tokens: number;
  readonly seed: number;
  readonly requestedBy: Iterable<string>;
}

/** A state as the ledger names it. */
export interface StatePlace {
  readonly key: Digest;
  /** Key of its root, and steps from there. */
  readonly root: Digest;
  readonly at: number;
  readonly seed: number;
}

/** The place of a node of the run graph. */
export function placeOf(node: GraphNode): StatePlace {
  const root = node.root ?? node;
  return { key: node.key, root: root.key, at: node.position - root.position, seed: node.seed };
}

export class LedgerWriter {
  readonly ledger: Ledger;
  /** What an hour of the trainer's device costs. */
  readonly rate: DeviceRate;
  #spent: ExactCost;

  constructor(private readonly input: LedgerWriterInput) {
    this.ledger = input.ledger;
    this.rate = rateOf(input.prices, input.trainer.describe());
    this.#spent = sumCosts(input.ledger.entries.map(costOfEntry));
  }

  /** Everything that was booked so far. */
  get spent(): ExactCost {
    return this.#spent;
  }

  /** FLOPs of training on so many tokens. */
  flopsOf(tokens: number): bigint {
    return BigInt(this.input.model.flopsPerToken) * BigInt(tokens);
  }

  async append(entry: LedgerEntry): Promise<void> {
    if (this.ledger.has(entry.id)) return;
    await this.ledger.append(entry);
    this.#spent = addCost(this.#spent, costOfEntry(entry));
  }

  /** An entry of training that took `seconds`; not booked yet. */
  trained(stretch: TrainedChunk, seconds: number): LedgerEntry {
    const { requestedBy, seed, ...place } = stretch;
    const flops = this.flopsOf(stretch.tokens).toString();
    const id = this.ledger.idOfChunk(stretch.to);
    return { kind: 'train', id, ...place, flops, ...this.#billed(seconds, requestedBy, seed) };
  }

  /** An entry for strategies that found a stretch in the store. */
  reused(stretch: TrainedChunk): LedgerEntry {
    const { requestedBy, seed, ...place } = stretch;
    const id = digestJson({ reuse: place.to, from: place.from, by: [...requestedBy] });
    const flops = this.flopsOf(stretch.tokens).toString();
    return { kind: 'reuse', id, ...place, flops, ...this.#billed(0, requestedBy, seed) };
  }

  /**
   * An entry of an evaluation that took `seconds`. A forward pass is a third of a training step (Kaplan et al., 2020,
   * section 2.1).
   */
  evaluated(
    state: StatePlace,
    set: { readonly digest: Digest; readonly tokens: number },
    seconds: number,
    requestedBy: Iterable<string>,
  ): LedgerEntry {
    // One whose record was damaged is made again, and was paid for again.
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
      flops: (this.flopsOf(set.tokens) / 3n).toString(),
      ...this.#billed(seconds, requestedBy, state.seed),
    };
  }

  /** An entry of a plugin's charge. */
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
