import { BranchlineError } from '../errors.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import type { RunEmitter } from '../run/events.js';
import { callTrainer, damagedText } from '../run/run-errors.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { EvaluationResult, EvaluationSet, Trainer, TrainerState } from '../trainer/trainer.js';
import { summarize } from './evaluation.js';

/** Where releases are received: evaluated once per checkpoint, and announced to everybody whose release they are. */
export class ReleaseDesk {
  /** Results of the releases that exist by now. */
  readonly evaluations = new Map<GraphNode, readonly EvaluationResult[]>();
  readonly #releases: ReadonlySet<GraphNode>;
  /** Tokens a release is evaluated on. */
  readonly #tokens: number;

  constructor(
    private readonly plan: ExperimentPlan,
    private readonly set: EvaluationSet,
    private readonly trainer: Trainer,
    private readonly run: RunDirectory,
    private readonly books: LedgerWriter,
    context: number,
    private readonly events: RunEmitter,
    /** What was announced in an earlier round of the same run. */
    private readonly announced: Set<string>,
  ) {
    this.#releases = new Set(plan.strategies.flatMap(({ releases }) => releases));
    this.#tokens = set.parts.reduce((sum, { sequences }) => sum + sequences.length, 0) * context;
  }

  /** Different releases of the plan. */
  get count(): number {
    return this.#releases.size;
  }

  /** How many releases must still be evaluated, and on how many tokens each. */
  async ahead(): Promise<{ readonly count: number; readonly tokens: number }> {
    let count = 0;
    for (const { key } of this.#releases) {
      if ((await this.run.evaluations.read(key, this.set.digest)) === undefined) count++;
    }
    return { count, tokens: this.#tokens };
  }

  /** Takes a state that exists now. `state` is lent, and absent for one that was stored already. Captures are not evaluated. */
  async receive(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    if (!this.#releases.has(node)) return;
    const { run, set } = this;
    const stored = await run.evaluations.read(node.key, set.digest);
    const record =
      stored ?? (await callTrainer(node.strategies, 'evaluate a release', () => this.#evaluate(node, state)));
    if (stored === undefined) await run.evaluations.write(node.key, set.digest, record);
    await this.books.append(record.entry);
    this.evaluations.set(node, record.results);
    this.#announce(node, record.results, state === undefined);
  }

  async #evaluate(node: GraphNode, state: TrainerState | undefined): Promise<EvaluationRecord> {
    const { set } = this;
    const own = state ?? (await this.trainer.restore(await this.run.store.open(node.key, ['weights'])));
    try {
      const begin = performance.now();
      const results = await this.trainer.evaluate(own, set).catch((cause: unknown) => {
        throw cause instanceof BranchlineError ? damagedText(cause) : cause;
      });
      const wrong = results.find(({ nll }) => !Number.isFinite(nll));
      if (wrong) throw new Error(`the loss on held-out text is ${wrong.nll}: the model diverged; lower lr.peak`);
      const seconds = (performance.now() - begin) / 1000;
      const place = {
        key: node.key,
        root: (node.root ?? node).key,
        at: node.position - (node.root ?? node).position,
        seed: node.seed,
      };
      const publishers = this.plan.strategies.filter(({ releases }) => releases.includes(node));
      const names = publishers.map(({ strategy }) => strategy.name);
      return {
        results,
        entry: this.books.evaluated(place, { digest: set.digest, tokens: this.#tokens }, seconds, names),
      };
    } finally {
      if (state === undefined) own.dispose();
    }
  }

  #announce(node: GraphNode, results: readonly EvaluationResult[], reused: boolean): void {
    for (const { strategy, releases } of this.plan.strategies) {
      for (const [index, release] of releases.entries()) {
        if (release !== node) continue;
        const version = index + 1;
        const { name, seed } = strategy;
        const id = `${version}/${seed}/${name}`;
        if (this.announced.has(id)) continue;
        this.announced.add(id);
        const { loss } = summarize(results, version, this.plan.info.versions);
        this.events.emit('release', { strategy: name, seed, version, checkpoint: node.key, loss, reused });
        this.events.emit('version', { strategy: name, seed, version });
      }
    }
  }
}
