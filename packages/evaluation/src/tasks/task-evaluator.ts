import {
  BranchlineError,
  callTrainer,
  type EvaluationPlace,
  type EvaluationRecord,
  type EvaluationResult,
  type EvaluationWork,
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
  token,
} from '@branchline/core';
import { publishersOf } from '../publishers.js';
import type { TaskResult } from '../results/task-results.js';
import { groupsOf, type ItemGroup, passagesOf, resultsOf, type TaskSet, taskResult, tokensOfTask } from './tasks.js';

/** Note of ledger entries of tasks. */
const TASK = 'multiple-choice task';

/** Tasks that every release answers; may be empty. */
export const TASKS = token<readonly TaskSet[]>('tasks');

/** Evaluates releases on tasks: each group of items once per checkpoint, stored and booked like other evaluations. */
@injectable()
export class TaskEvaluator implements Evaluator {
  readonly #releases: ReadonlySet<GraphNode>;
  readonly #tasks: readonly { readonly name: string; readonly groups: readonly ItemGroup[] }[];
  /** Answers to all items of each task, group by group. */
  readonly #answers = new Map<GraphNode, ReadonlyMap<TaskSet, readonly EvaluationResult[]>>();

  /** Throws a `config` error when there are tasks but the trainer cannot score text. */
  constructor(
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(TASKS) tasks: readonly TaskSet[],
    @inject(TRAINER) trainer: Trainer,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
  ) {
    this.#releases = new Set(plan.strategies.flatMap(({ releases }) => releases));
    this.#tasks = tasks.map((task) => ({ name: task.name, groups: groupsOf(task) }));
    if (tasks.length === 0 || trainer.score !== undefined) return;
    throw new BranchlineError('config', {
      configPath: 'tasks',
      message: `${trainer.describe().name} cannot score text, so no release can answer tasks`,
      remedy: 'Leave tasks out, or choose another trainer.',
    });
  }

  get sets() {
    return [...new Set(this.#tasks.flatMap(({ groups }) => groups.map(({ digest }) => digest)))];
  }

  async ahead(): Promise<readonly EvaluationWork[]> {
    const { evaluations } = this.run;
    return Promise.all(
      this.#tasks
        .flatMap(({ groups }) => groups)
        .map(async (group) => {
          const stored = await Promise.all([...this.#releases].map(({ key }) => evaluations.read(key, group.digest)));
          return { count: stored.filter((record) => record === undefined).length, tokens: tokensOfTask(group) };
        }),
    );
  }

  async isStored(node: GraphNode): Promise<boolean> {
    if (!this.#releases.has(node)) return true;
    const groups = this.#tasks.flatMap((task) => task.groups);
    const stored = await Promise.all(groups.map(({ digest }) => this.run.evaluations.read(node.key, digest)));
    return stored.every((record) => record !== undefined);
  }

  async evaluate(node: GraphNode, { trainer, state }: EvaluationPlace): Promise<void> {
    if (this.#tasks.length === 0 || !this.#releases.has(node)) return;
    const { evaluations, store } = this.run;
    const answers = new Map<TaskSet, readonly EvaluationResult[]>();
    let restored: TrainerState | undefined;
    try {
      for (const { name, groups } of this.#tasks) {
        const results: EvaluationResult[] = [];
        for (const group of groups) {
          const stored = await evaluations.read(node.key, group.digest);
          const answer = async () => {
            const own = state ?? (restored ??= await trainer.restore(await store.open(node.key, ['weights'])));
            return this.#answer(group, node, { trainer, state: own });
          };
          const record = stored ?? (await callTrainer(node.strategies, `answer the task "${name}"`, answer));
          if (stored === undefined) await evaluations.write(node.key, group.digest, record);
          await this.ledgerWriter.append(record.entry);
          results.push(...record.results);
        }
        answers.set({ name, items: groups.flatMap(({ items }) => items) }, results);
      }
    } finally {
      restored?.dispose();
    }
    this.#answers.set(node, answers);
  }

  has(node: GraphNode): boolean {
    return this.#tasks.length === 0 || this.#answers.has(node);
  }

  /** Task results of a release of a version; undefined when the node was not evaluated on tasks. */
  resultsOf(node: GraphNode, version: number): readonly TaskResult[] | undefined {
    const answers = this.#answers.get(node);
    return answers && [...answers].map(([task, results]) => taskResult(task, results, version));
  }

  async #answer(
    task: ItemGroup,
    node: GraphNode,
    { trainer, state }: Required<EvaluationPlace>,
  ): Promise<EvaluationRecord> {
    const begin = performance.now();
    const passages = passagesOf(task);
    const scores = await trainer.score!(state, passages);
    const seconds = (performance.now() - begin) / 1000;
    if (scores.length !== passages.length) {
      throw new Error(`the trainer scored ${scores.length} of ${passages.length} passages`);
    }
    const wrong = scores.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) throw new Error(`a log-likelihood is ${wrong}: the model diverged; lower lr.peak`);
    const set = { digest: task.digest, tokens: tokensOfTask(task) };
    return {
      results: resultsOf(task, scores),
      entry: { ...this.ledgerWriter.evaluated(placeOf(node), set, seconds, publishersOf(this.plan, node)), note: TASK },
    };
  }
}
