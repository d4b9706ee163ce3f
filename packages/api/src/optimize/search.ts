/** A search under way: which candidates are evaluated, in which order, and what came of it. */
import { setImmediate } from 'node:timers/promises';
import type { Budget } from '@branchline/core';
import { relativeInterval } from '@branchline/trainer-simulated';
import { type FrontLoss, type FrontPoint, frontOf } from './comparisons.js';
import { design, neighbours, type Point, RADII } from './design.js';
import type { OptionValue } from './dimension.js';
import { type Candidate, type Evaluation, evaluate, type LeftOut } from './evaluate.js';
import { type Space, valuesOf } from './search-space.js';
import type { Setting } from './setting.js';

/** How far a search is. */
export interface SearchProgress {
  /** Evaluations so far. */
  readonly done: number;
  /** The most evaluations that are made. */
  readonly of: number;
}

/** What a search is going to do. The strategies as they are were evaluated before: they say which are searched. */
export interface SearchPlan {
  /** Evaluations, the strategies as they are included: exactly so many if all is exhaustive, else at most. */
  readonly evaluations: number;
  readonly exhaustive: boolean;
  readonly strategies: readonly SearchedStrategy[];
}

/** How a strategy was searched. */
export interface SearchedStrategy {
  readonly strategy: string;
  readonly options: readonly {
    readonly name: string;
    readonly values: number;
    readonly first: OptionValue;
    readonly last: OptionValue;
  }[];
  /** all: every combination. sequence: Halton's sequence, then neighbours of the best. none: nothing varies. */
  readonly method: 'all' | 'sequence' | 'none';
  /** Evaluations besides the strategy as it is; without those of neighbours, which depend on what is found. */
  readonly evaluations: number;
}

/** Candidates that were left out for one reason. */
export interface LeftOutCandidates extends LeftOut {
  readonly strategy: string;
  readonly candidates: number;
}

/** Limits of a search, and how it reports. */
export interface SearchOptions {
  readonly budget: Budget;
  readonly signal?: AbortSignal | undefined;
  readonly onStart?: ((plan: SearchPlan) => void) | undefined;
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined;
}

/** A search. It stops after the current evaluation when the signal is aborted. */
export class Search {
  readonly #candidates = new Map<string, Candidate>();
  readonly #leftOut = new Map<string, LeftOutCandidates>();
  /** Points that were evaluated, by space and indexes; with their candidate if there is one. */
  readonly #points = new Map<
    string,
    { readonly space: number; readonly point: Point; readonly candidate?: Candidate }
  >();
  #searched: readonly SearchedStrategy[] = [];
  #done = 0;
  #of = 0;

  constructor(
    private readonly setting: Setting,
    private readonly options: SearchOptions,
  ) {}

  /** Whether it was stopped before its end. */
  get interrupted(): boolean {
    return this.options.signal?.aborted === true;
  }

  /** Evaluates all strategies as they are, then the designs of those that can be predicted, then neighbours. */
  async run(spaces: readonly Space[], evaluations: number): Promise<void> {
    const isOpen = await this.#evaluateStrategies(spaces);
    const open = spaces.map(({ dimensions }, index) => (isOpen[index] ? dimensions : []));
    const varied = [...open.keys()].filter((index) => open[index]!.length > 0);
    const sizes = varied.map((index) => open[index]!.map(({ size }) => size));
    const { spaces: designs, refinements } = design(sizes, evaluations - spaces.length);
    const first = designs.reduce((sum, { points }) => sum + points.length, 0);
    this.#of = spaces.length + first + refinements;
    this.#searched = spaces.map(({ strategy, dimensions }, index) => {
      const own = designs[varied.indexOf(index)];
      return {
        strategy: strategy.name,
        options: own === undefined ? [] : dimensions.map(shown),
        method: own === undefined ? 'none' : own.exhaustive ? 'all' : 'sequence',
        evaluations: own?.points.length ?? 0,
      };
    });
    if (this.interrupted) return;
    const exhaustive = designs.every((one) => one.exhaustive);
    this.options.onStart?.({ evaluations: this.#of, exhaustive, strategies: this.#searched });
    for (const [rank, index] of varied.entries()) {
      for (const point of designs[rank]!.points) await this.#evaluatePoint(spaces, index, point);
    }
    await this.#refine(spaces, refinements);
  }

  /** Evaluates every strategy as the experiment has it; says which are searched. */
  async #evaluateStrategies(spaces: readonly Space[]): Promise<readonly boolean[]> {
    this.#of = spaces.length;
    const open: boolean[] = [];
    for (const { strategy, named } of spaces) {
      if (this.interrupted) return spaces.map(() => false);
      const found = await this.#evaluate(strategy.name, () =>
        evaluate(this.setting, strategy, {}, this.options.budget),
      );
      // What the law does not cover as it is, it covers under no other options, unless the user thinks so.
      open.push(named || found === undefined || found.kind === 'budget');
    }
    return open;
  }

  async #evaluatePoint(spaces: readonly Space[], index: number, point: Point): Promise<void> {
    const key = `${index}:${point.join()}`;
    if (this.interrupted || this.#points.has(key)) return;
    const space = spaces[index]!;
    const before = this.#candidates.size;
    await this.#evaluate(space.strategy.name, () =>
      evaluate(this.setting, space.strategy, valuesOf(space, point), this.options.budget),
    );
    const candidate = this.#candidates.size > before ? [...this.#candidates.values()].at(-1) : undefined;
    this.#points.set(key, { space: index, point, ...(candidate && { candidate }) });
  }

  /** Looks at neighbours of the points on the fronts, closer and closer, while evaluations are left. */
  async #refine(spaces: readonly Space[], evaluations: number): Promise<void> {
    let left = evaluations;
    for (const radius of RADII) {
      for (const { space, point } of this.#pointsOnFronts()) {
        const { dimensions } = spaces[space]!;
        const sizes = dimensions.map(({ size }) => size);
        const ordered = dimensions.map((one) => one.ordered);
        for (const near of neighbours(point, sizes, ordered, radius)) {
          if (left <= 0 || this.interrupted) return;
          if (this.#points.has(`${space}:${near.join()}`)) continue;
          await this.#evaluatePoint(spaces, space, near);
          left--;
        }
      }
    }
  }

  #pointsOnFronts() {
    const found = Object.values(this.fronts()).flat();
    const candidates = new Set(found.map(({ candidate }) => candidate));
    return [...this.#points.values()].filter(({ candidate }) => candidate !== undefined && candidates.has(candidate));
  }

  /** Adds the result of an evaluation; returns why the candidate is left out, if it is. */
  async #evaluate(strategy: string, work: () => Promise<Evaluation>): Promise<LeftOut | undefined> {
    // Lets a signal in.
    await setImmediate();
    const found = await work();
    this.#done++;
    this.#report();
    if ('candidate' in found) {
      const { candidate, uncovered } = found;
      this.#candidates.set(candidate.name, candidate);
      for (const reason of uncovered) this.#leave(strategy, { kind: 'not covered', reason: `${reason} (mean only)` });
      return undefined;
    }
    this.#leave(strategy, found);
    return found;
  }

  #leave(strategy: string, { kind, reason }: LeftOut): void {
    // Messages that differ in their numbers only are one reason; the first stands for all.
    const key = JSON.stringify([strategy, kind, reason.replace(/\d+(\.\d+)?/g, '#')]);
    const before = this.#leftOut.get(key);
    this.#leftOut.set(key, {
      strategy,
      kind,
      reason: before?.reason ?? reason,
      candidates: (before?.candidates ?? 0) + 1,
    });
  }

  #report(): void {
    this.options.onProgress?.({ done: this.#done, of: this.#of });
  }

  /** Evaluations so far. */
  get evaluations(): number {
    return this.#done;
  }

  /** How each strategy was searched. */
  get searched(): readonly SearchedStrategy[] {
    return this.#searched;
  }

  /** Candidates in the order of the search. */
  get candidates(): readonly Candidate[] {
    return [...this.#candidates.values()];
  }

  /** Why candidates were left out. */
  get leftOut(): readonly LeftOutCandidates[] {
    return [...this.#leftOut.values()];
  }

  /** The fronts of all candidates so far. */
  fronts(): Readonly<Record<FrontLoss, readonly FrontPoint[]>> {
    const interval = relativeInterval(this.setting.law);
    return { last: frontOf(this.candidates, 'last', interval), mean: frontOf(this.candidates, 'mean', interval) };
  }
}

const shown = ({ name, size, valueAt }: Space['dimensions'][number]) => ({
  ...{ name, values: size, first: valueAt(0), last: valueAt(size - 1) },
});
