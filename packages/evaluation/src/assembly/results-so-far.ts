/** Writes partial results while a run trains, so that a run that stops, or is killed, leaves a report. */
import {
  describeDiskError,
  type Evaluator,
  ExperimentCosts,
  type ExperimentPlan,
  type Failure,
  type FinishedRun,
  type GraphNode,
  joinFailures,
  messageOf,
  type RunDirectory,
  type Trainer,
} from '@branchline/core';
import type { Results } from '../results/results.js';
import type { ResultsFile } from './results-file.js';

/** What partial results are assembled from. */
export type UnfinishedRun = Omit<FinishedRun, 'currency'> & {
  readonly unfinished: true;
  /** Whether paths lack the losses of their steps. */
  readonly withoutLosses: boolean;
};

/** The parts of {@link ResultsSoFar}. */
export interface ResultsSoFarParts {
  readonly plan: ExperimentPlan;
  readonly run: RunDirectory;
  readonly trainer: Trainer;
  /** All other evaluators of the plan. */
  readonly evaluators: readonly Evaluator[];
  readonly file: ResultsFile;
  /** Why strategies failed in this run, by now. */
  readonly failures: () => readonly Failure[];
  readonly assemble: (run: UnfinishedRun) => Promise<Results>;
  readonly warn: (message: string) => void;
}

/** Least time between two writes while training, in ms. After a crash, the results lack what was released since. */
const APART = 30_000;

/** A write may take this share of the time since the last one, at most. */
const SHARE = 0.02;

/**
 * Writes `results.json` after the first release and then at intervals, as an evaluator that evaluates nothing: it comes
 * after the others, when a release has all its evaluations.
 */
export class ResultsSoFar implements Evaluator {
  readonly sets = [];
  #next = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: ResultsSoFarParts) {}

  async ahead() {
    return [];
  }

  has(): boolean {
    return true;
  }

  async evaluate(): Promise<void> {
    // Monotonic, and only for the pace of the writes.
    const begin = performance.now();
    if (begin < this.#next) return;
    // One write at a time.
    this.#next = Number.POSITIVE_INFINITY;
    await this.write();
    const end = performance.now();
    this.#next = end + Math.max(APART, (end - begin) / SHARE);
  }

  /**
   * Writes what exists now, unless no release does. A failure becomes a warning, because the run does not need this
   * file.
   */
  async write(): Promise<void> {
    const { run, file, warn } = this.parts;
    try {
      await this.#loadAll();
      if (!this.#hasRelease()) return;
      const results = await this.#assemble(false);
      run.lock.assertHeld();
      await file.writePartial(results);
    } catch (error) {
      warn(`the results so far could not be written: ${describeDiskError(error)?.what ?? messageOf(error)}`);
    }
  }

  /** What exists now, also before the first release. Losses of steps are left out: to read them takes long. */
  async withoutLosses(): Promise<Results> {
    await this.#loadAll();
    return this.#assemble(true);
  }

  #assemble(withoutLosses: boolean): Promise<Results> {
    const { plan, run, evaluators, assemble } = this.parts;
    const failures = joinFailures([...plan.failures, ...this.parts.failures()], plan.seeds);
    const sets = evaluators.flatMap((evaluator) => evaluator.sets);
    const costs = new ExperimentCosts(plan, run.ledger.entries, sets);
    const { strategies: complete } = plan;
    return assemble({ plan, run, costs, complete, failures, unfinished: true, withoutLosses });
  }

  #hasRelease(): boolean {
    const { plan, run, evaluators } = this.parts;
    const released = plan.strategies.flatMap(({ releases }) => releases);
    return released.some((node) => run.store.has(node.key) && evaluators.every((of) => of.has(node)));
  }

  async #loadAll(): Promise<void> {
    const released = this.parts.plan.strategies.flatMap(({ releases }) => releases);
    for (const node of new Set(released)) await this.#load(node);
  }

  /** Reads the evaluations that earlier starts stored. Evaluates nothing: all of them must be there. */
  async #load(node: GraphNode): Promise<void> {
    const { run, evaluators, trainer } = this.parts;
    if (!run.store.has(node.key)) return;
    for (const evaluator of evaluators) {
      if (evaluator.has(node)) continue;
      const found = await Promise.all(evaluator.sets.map((set) => run.evaluations.read(node.key, set)));
      if (found.every((record) => record !== undefined)) await evaluator.evaluate(node, { trainer });
    }
  }
}
