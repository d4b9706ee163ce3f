import { BranchlineError } from '../errors.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { RunEmitter } from '../run/events.js';
import { ask, damagedText } from '../run/trouble.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { EvaluationResult, EvaluationSet, Trainer, TrainerState } from '../trainer/trainer.js';
import { summarize } from './evaluation.js';
import type { ExperimentPlan } from './plan.js';

/** Where releases are received: evaluated once per checkpoint, and announced to everybody whose release they are. */
export class ReleaseDesk {
  /** Results of the releases that exist by now. */
  readonly evaluations = new Map<GraphNode, readonly EvaluationResult[]>();
  readonly #releases: ReadonlySet<GraphNode>;

  constructor(
    private readonly plan: ExperimentPlan,
    private readonly set: EvaluationSet,
    private readonly trainer: Trainer,
    private readonly run: RunDirectory,
    private readonly events: RunEmitter,
  ) {
    this.#releases = new Set(plan.strategies.flatMap(({ releases }) => releases));
  }

  /** Takes a state that exists now. `state` is lent, and absent for one that was stored already. Captures are not evaluated. */
  async receive(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    if (!this.#releases.has(node)) return;
    const { run, set } = this;
    const stored = await run.evaluations.read(node.key, set.digest);
    const results = stored ?? (await ask(node.strategies, 'evaluate a release', () => this.#evaluate(node, state)));
    if (stored === undefined) await run.evaluations.write(node.key, set.digest, results);
    this.evaluations.set(node, results);
    this.#announce(node, results, state === undefined);
  }

  async #evaluate(node: GraphNode, state: TrainerState | undefined): Promise<readonly EvaluationResult[]> {
    const own = state ?? (await this.trainer.restore(await this.run.store.open(node.key, ['weights'])));
    try {
      const results = await this.trainer.evaluate(own, this.set).catch((cause: unknown) => {
        throw cause instanceof BranchlineError ? damagedText(cause) : cause;
      });
      const wrong = results.find(({ nll }) => !Number.isFinite(nll));
      if (wrong) throw new Error(`the loss on held-out text is ${wrong.nll}: the model diverged; lower lr.peak`);
      return results;
    } finally {
      if (state === undefined) own.dispose();
    }
  }

  #announce(node: GraphNode, results: readonly EvaluationResult[], reused: boolean): void {
    for (const { strategy, releases } of this.plan.strategies) {
      for (const [index, release] of releases.entries()) {
        if (release !== node) continue;
        const version = index + 1;
        const { loss } = summarize(results, version, this.plan.info.versions);
        this.events.emit('release', { strategy: strategy.name, version, checkpoint: node.key, loss, reused });
        this.events.emit('version', { strategy: strategy.name, version });
      }
    }
  }
}
