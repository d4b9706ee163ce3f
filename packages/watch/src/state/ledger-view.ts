/** What the ledger of a run directory says: cost, speed, and which training ends in which state. */
import { join } from 'node:path';
import {
  addCost,
  costOfEntry,
  type Digest,
  type ExactCost,
  type LedgerEntry,
  NO_COST,
  sumCosts,
  wrongInEntry,
} from '@branchline/core';
import { Tail } from './tail.js';

/** Training of this many entries decides the speed. */
const LATEST = 200;

/** Reads a ledger as it grows. Its digests are not verified: that is for the run, and for `ledger verify`. */
export class LedgerView {
  readonly #tail: Tail;
  #spent: ExactCost = NO_COST;
  #trained: LedgerEntry[] = [];
  #evaluated = new Map<Digest, ExactCost>();
  /** The latest training that ends in a state. */
  byEnd = new Map<Digest, LedgerEntry>();
  currency: string | undefined;

  constructor(directory: string) {
    this.#tail = new Tail(join(directory, 'ledger.jsonl'));
  }

  async read(): Promise<void> {
    const { fresh, lines } = await this.#tail.read();
    if (fresh) {
      this.#spent = NO_COST;
      this.#trained = [];
      this.#evaluated = new Map();
      this.byEnd = new Map();
    }
    for (const line of lines) {
      const entry = entryIn(line);
      if (entry === undefined) continue;
      const cost = costOfEntry(entry);
      this.#spent = addCost(this.#spent, cost);
      this.currency = entry.currency;
      if (entry.kind === 'evaluate') {
        this.#evaluated.set(entry.to, addCost(this.#evaluated.get(entry.to) ?? NO_COST, cost));
      }
      if (entry.kind !== 'train') continue;
      this.byEnd.set(entry.to, entry);
      this.#trained.push(entry);
    }
  }

  /** Everything booked by now. */
  get spent(): ExactCost {
    return this.#spent;
  }

  /** Steps of all training that was booked by now. */
  get steps(): number {
    return this.#trained.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** The latest training; its price and power hold for what comes next. */
  get latest(): LedgerEntry | undefined {
    return this.#trained.at(-1);
  }

  /** Whether a state was evaluated. */
  isEvaluated(state: Digest): boolean {
    return this.#evaluated.has(state);
  }

  /** What the evaluation of a state costs on average; undefined before the first. */
  get evaluation(): { readonly cost: ExactCost; readonly states: number } | undefined {
    const states = this.#evaluated.size;
    return states === 0 ? undefined : { cost: sumCosts(this.#evaluated.values()), states };
  }

  /**
   * Tokens per second of device time: of training that was booked before a time, on a device, with so many FLOPs per
   * token. Undefined if there was none.
   */
  speed(of: {
    readonly before?: number;
    readonly device?: string;
    readonly flopsPerToken?: number;
  }): number | undefined {
    const { before = Number.POSITIVE_INFINITY, device, flopsPerToken } = of;
    let [tokens, seconds, entries] = [0, 0, 0];
    for (let index = this.#trained.length - 1; index >= 0 && entries < LATEST; index--) {
      const entry = this.#trained[index]!;
      if (device !== undefined && entry.device !== device) continue;
      if (flopsPerToken !== undefined && Number(entry.flops) !== flopsPerToken * entry.tokens) continue;
      if (Date.parse(entry.time) >= before) continue;
      tokens += entry.tokens;
      seconds += entry.deviceSeconds;
      entries++;
    }
    return tokens > 0 && seconds > 0 ? tokens / seconds : undefined;
  }
}

function entryIn(line: string): LedgerEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return wrongInEntry(entry) === undefined ? (entry as LedgerEntry) : undefined;
  } catch {
    return undefined;
  }
}
