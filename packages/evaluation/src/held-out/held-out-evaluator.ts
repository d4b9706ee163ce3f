import {
  BranchlineError,
  callTrainer,
  DATA,
  type DataProvider,
  damagedText,
  type EvaluationPlace,
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
  type TrainerState,
} from '@branchline/core';
import { publishersOf } from '../publishers.js';
import type { ValidationResult } from '../results/validation-result.js';
import { summarizeSet } from './losses.js';
import { ReleaseAnnouncer } from './release-announcer.js';

/** An evaluation set with its number of predicted tokens. */
interface SizedSet extends EvaluationSet {
  readonly tokens: number;
}

/**
 * Evaluates every release on the held-out text of all versions and on the validation sets, once per checkpoint and set.
 * When a version arrives, or a validation set is added, earlier releases are evaluated on its text alone. Captures are
 * not evaluated.
 */
@injectable()
export class HeldOutEvaluator implements Evaluator {
  /** Results of the releases evaluated so far on held-out text, part by part. */
  readonly results = new Map<GraphNode, readonly EvaluationResult[]>();
  /** Results of the same releases on the validation sets, in their order; without sets, empty. */
  readonly validation = new Map<GraphNode, readonly ValidationResult[]>();
  readonly #sets: readonly SizedSet[];
  readonly #releases: ReadonlySet<GraphNode>;

  constructor(
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(DATA) data: DataProvider,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(ReleaseAnnouncer) private readonly announcer: ReleaseAnnouncer,
  ) {
    this.#sets = [...data.evaluationSets(), ...(data.validationSets?.() ?? [])].map((set) => {
      const sequences = set.parts.reduce((sum, part) => sum + part.sequences.length, 0);
      return { ...set, tokens: sequences * data.context };
    });
    this.#releases = new Set(plan.strategies.flatMap(({ releases }) => releases));
  }

  get sets() {
    return this.#sets.map(({ digest }) => digest);
  }

  /** Number of distinct releases of the plan, and of those evaluated in this run or earlier ones. */
  async progress(): Promise<{ readonly evaluated: number; readonly releases: number }> {
    const missing = new Set<GraphNode>();
    for (const set of this.#sets) for (const node of await this.#missing(set)) missing.add(node);
    return { evaluated: this.#releases.size - missing.size, releases: this.#releases.size };
  }

  async ahead() {
    const count = async (set: SizedSet) => ({ count: (await this.#missing(set)).length, tokens: set.tokens });
    return Promise.all(this.#sets.map(count));
  }

  /** Releases whose evaluation on a set is not stored. */
  async #missing({ digest }: SizedSet): Promise<readonly GraphNode[]> {
    const missing: GraphNode[] = [];
    for (const node of this.#releases) {
      if ((await this.run.evaluations.read(node.key, digest)) === undefined) missing.push(node);
    }
    return missing;
  }

  async isStored(node: GraphNode): Promise<boolean> {
    if (!this.#releases.has(node)) return true;
    const stored = await Promise.all(this.#sets.map(({ digest }) => this.run.evaluations.read(node.key, digest)));
    return stored.every((record) => record !== undefined);
  }

  async evaluate(node: GraphNode, { trainer, state }: EvaluationPlace): Promise<void> {
    if (!this.#releases.has(node)) return;
    const { evaluations, store } = this.run;
    const results: EvaluationResult[] = [];
    const validation: ValidationResult[] = [];
    let restored: TrainerState | undefined;
    try {
      for (const set of this.#sets) {
        const stored = await evaluations.read(node.key, set.digest);
        const evaluate = async () => {
          const own = state ?? (restored ??= await trainer.restore(await store.open(node.key, ['weights'])));
          return this.#evaluate(node, { trainer, state: own }, set);
        };
        const record = stored ?? (await callTrainer(node.strategies, 'evaluate a release', evaluate));
        if (stored === undefined) await evaluations.write(node.key, set.digest, record);
        await this.ledgerWriter.append(record.entry);
        if (set.name === undefined) results.push(...record.results);
        else validation.push(summarizeSet(set.name, record.results));
      }
    } finally {
      restored?.dispose();
    }
    this.results.set(node, results);
    this.validation.set(node, validation);
  }

  release(node: GraphNode, reused: boolean): void {
    const results = this.results.get(node);
    if (results !== undefined) this.announcer.announce(this.plan, node, results, reused);
  }

  has(node: GraphNode): boolean {
    return this.results.has(node);
  }

  async #evaluate(
    node: GraphNode,
    { trainer, state }: Required<EvaluationPlace>,
    set: SizedSet,
  ): Promise<EvaluationRecord> {
    const begin = performance.now();
    const results = await trainer.evaluate(state, set).catch((cause: unknown) => {
      throw cause instanceof BranchlineError ? damagedText(cause) : cause;
    });
    if (results.length !== set.parts.length) {
      throw new Error(`the trainer evaluated ${results.length} of ${set.parts.length} parts`);
    }
    const wrong = results.find(({ nll }) => !Number.isFinite(nll));
    const text = set.name === undefined ? 'held-out text' : `the validation set "${set.name}"`;
    if (wrong) throw new Error(`the loss on ${text} is ${wrong.nll}: the model diverged; lower lr.peak`);
    const seconds = (performance.now() - begin) / 1000;
    return { results, entry: this.ledgerWriter.evaluated(placeOf(node), set, seconds, publishersOf(this.plan, node)) };
  }
}
