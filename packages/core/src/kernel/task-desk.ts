import { BranchlineError } from '../errors.js';
import type { GraphNode } from '../graph/run-graph.js';
import { TASK } from '../ledger/attribute.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { callTrainer } from '../run/run-errors.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { EvaluationResult, Trainer, TrainerState } from '../trainer/trainer.js';
import { passagesOf, resultsOf, type TaskResult, type TaskSet, taskResult, tokensOfTask } from './tasks.js';

/** Where releases answer tasks: each task once per checkpoint, stored and booked like an evaluation. */
export class TaskDesk {
  readonly #releases: ReadonlySet<GraphNode>;
  readonly #answers = new Map<GraphNode, ReadonlyMap<TaskSet, readonly EvaluationResult[]>>();

  /** Throws a `config` error when there are tasks and the trainer cannot score text. */
  constructor(
    private readonly plan: ExperimentPlan,
    private readonly tasks: readonly TaskSet[],
    private readonly trainer: Trainer,
    private readonly run: RunDirectory,
    private readonly books: LedgerWriter,
  ) {
    this.#releases = new Set(plan.strategies.flatMap(({ releases }) => releases));
    if (tasks.length === 0 || trainer.score !== undefined) return;
    throw new BranchlineError('config', {
      configPath: 'tasks',
      message: `${trainer.describe().name} cannot score text, so no release can answer tasks`,
      remedy: 'Leave tasks out, or choose another trainer.',
    });
  }

  /** For each task, how many releases must still answer it, and on how many tokens each. */
  async ahead(): Promise<readonly { readonly count: number; readonly tokens: number }[]> {
    const { evaluations } = this.run;
    return Promise.all(
      this.tasks.map(async (task) => {
        const stored = await Promise.all([...this.#releases].map(({ key }) => evaluations.read(key, task.digest)));
        return { count: stored.filter((record) => record === undefined).length, tokens: tokensOfTask(task) };
      }),
    );
  }

  /** Takes a state that exists now. `state` is lent, and absent for one that was stored already. */
  async receive(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    if (this.tasks.length === 0 || !this.#releases.has(node)) return;
    const { evaluations, store } = this.run;
    const answers = new Map<TaskSet, readonly EvaluationResult[]>();
    let restored: TrainerState | undefined;
    try {
      for (const task of this.tasks) {
        const stored = await evaluations.read(node.key, task.digest);
        const answer = async () => {
          const own = state ?? (restored ??= await this.trainer.restore(await store.open(node.key, ['weights'])));
          return this.#answer(task, node, own);
        };
        const record = stored ?? (await callTrainer(node.strategies, `answer the task "${task.name}"`, answer));
        if (stored === undefined) await evaluations.write(node.key, task.digest, record);
        await this.books.append(record.entry);
        answers.set(task, record.results);
      }
    } finally {
      restored?.dispose();
    }
    this.#answers.set(node, answers);
  }

  /** What a release of a version makes of the tasks; undefined when there are none. */
  resultsOf(node: GraphNode, version: number): readonly TaskResult[] | undefined {
    const answers = this.#answers.get(node);
    return answers && [...answers].map(([task, results]) => taskResult(task, results, version));
  }

  async #answer(task: TaskSet, node: GraphNode, state: TrainerState): Promise<EvaluationRecord> {
    const begin = performance.now();
    const scores = await this.trainer.score!(state, passagesOf(task));
    const seconds = (performance.now() - begin) / 1000;
    const wrong = scores.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) throw new Error(`a log-likelihood is ${wrong}: the model diverged; lower lr.peak`);
    const root = node.root ?? node;
    const place = { key: node.key, root: root.key, at: node.position - root.position, seed: node.seed };
    const publishers = this.plan.strategies.filter(({ releases }) => releases.includes(node));
    const names = publishers.map(({ strategy }) => strategy.name);
    const set = { digest: task.digest, tokens: tokensOfTask(task) };
    return {
      results: resultsOf(task, scores),
      entry: { ...this.books.evaluated(place, set, seconds, names), note: TASK },
    };
  }
}
