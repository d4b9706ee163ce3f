import {
  BranchlineError,
  callTrainer,
  DATA,
  type DataProvider,
  damagedText,
  type EvaluationRecord,
  type EvaluationResult,
  type EvaluationSet,
  type Evaluator,
  type ExperimentPlan,
  type GraphNode,
  inject,
  injectable,
  LedgerWriter,
  PLAN,
  placeOf,
  RUN_DIRECTORY,
  type RunDirectory,
  TRAINER,
  type Trainer,
  type TrainerState,
} from '@branchline/core';
import { publishersOf } from '../publishers.js';
import { ReleaseAnnouncer } from './release-announcer.js';

/** Evaluates every release on held-out text, once per checkpoint. Captures are not evaluated. */
@injectable()
export class HeldOutEvaluator implements Evaluator {
  /** Results of the releases evaluated so far, part by part. */
  readonly results = new Map<GraphNode, readonly EvaluationResult[]>();
  readonly #set: EvaluationSet;
  readonly #releases: ReadonlySet<GraphNode>;
  /** Tokens in the evaluation of one release. */
  readonly #tokens: number;

  constructor(
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(DATA) data: DataProvider,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(ReleaseAnnouncer) private readonly announcer: ReleaseAnnouncer,
  ) {
    this.#set = data.evaluationSet();
    this.#releases = new Set(plan.strategies.flatMap(({ releases }) => releases));
    this.#tokens = this.#set.parts.reduce((sum, { sequences }) => sum + sequences.length, 0) * data.context;
  }

  get sets() {
    return [this.#set.digest];
  }

  /** Number of distinct releases of the plan, and of those evaluated in this run or earlier ones. */
  async progress(): Promise<{ readonly evaluated: number; readonly releases: number }> {
    let evaluated = 0;
    for (const { key } of this.#releases) {
      if ((await this.run.evaluations.read(key, this.#set.digest)) !== undefined) evaluated++;
    }
    return { evaluated, releases: this.#releases.size };
  }

  async ahead() {
    const { evaluated, releases } = await this.progress();
    return [{ count: releases - evaluated, tokens: this.#tokens }];
  }

  async evaluate(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    if (!this.#releases.has(node)) return;
    const { evaluations } = this.run;
    const { digest } = this.#set;
    const stored = await evaluations.read(node.key, digest);
    const record =
      stored ?? (await callTrainer(node.strategies, 'evaluate a release', () => this.#evaluate(node, state)));
    if (stored === undefined) await evaluations.write(node.key, digest, record);
    await this.ledgerWriter.append(record.entry);
    this.results.set(node, record.results);
  }

  release(node: GraphNode, reused: boolean): void {
    const results = this.results.get(node);
    if (results !== undefined) this.announcer.announce(this.plan, node, results, reused);
  }

  has(node: GraphNode): boolean {
    return this.results.has(node);
  }

  async #evaluate(node: GraphNode, state: TrainerState | undefined): Promise<EvaluationRecord> {
    const set = this.#set;
    const own = state ?? (await this.trainer.restore(await this.run.store.open(node.key, ['weights'])));
    try {
      const begin = performance.now();
      const results = await this.trainer.evaluate(own, set).catch((cause: unknown) => {
        throw cause instanceof BranchlineError ? damagedText(cause) : cause;
      });
      if (results.length !== set.parts.length) {
        throw new Error(`the trainer evaluated ${results.length} of ${set.parts.length} parts`);
      }
      const wrong = results.find(({ nll }) => !Number.isFinite(nll));
      if (wrong) throw new Error(`the loss on held-out text is ${wrong.nll}: the model diverged; lower lr.peak`);
      const seconds = (performance.now() - begin) / 1000;
      const on = { digest: set.digest, tokens: this.#tokens };
      return { results, entry: this.ledgerWriter.evaluated(placeOf(node), on, seconds, publishersOf(this.plan, node)) };
    } finally {
      if (state === undefined) own.dispose();
    }
  }
}
