/** The life of an experiment: plan, run, results. The composition root is at the bottom. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { container, inject, injectable } from '../di.js';
import { BranchlineError, type Failure } from '../errors.js';
import type { GraphNode } from '../graph/run-graph.js';
import { digestJson } from '../json.js';
import { Ledger, type LedgerEntry } from '../ledger/ledger.js';
import type { DataProvider } from '../plan/data.js';
import { RunEmitter } from '../run/events.js';
import { Executor } from '../run/executor.js';
import { CheckpointStore } from '../store/checkpoint-store.js';
import { writeFileAtomic } from '../store/durable.js';
import { EvaluationStore } from '../store/evaluations.js';
import { lockDirectory } from '../store/lock.js';
import { MetricsStore } from '../store/metrics.js';
import type { EvaluationResult, ModelDescription, Trainer, TrainerState } from '../trainer/trainer.js';
import { assembleResults } from './assemble.js';
import { costsOf } from './costs.js';
import { summarize } from './evaluation.js';
import { attachObservers } from './observers.js';
import { type ExperimentPlan, planExperiment } from './plan.js';
import type { Results } from './results.js';
import type { ExperimentSpec } from './spec.js';
import { CLOCK, type Clock, DATA, DIRECTORY, EVENTS, MODEL, SPEC, TRAINER } from './tokens.js';

export interface RunOptions {
  /** Aborting stops the run after the current step; `run` then throws a BranchlineError with code `interrupted`. */
  readonly signal?: AbortSignal;
  /** For `results.json`: how to run this again. */
  readonly command: string;
}

/** What a run came to. */
export interface Outcome {
  readonly results: Results;
  /** Strategies that are not in the results, and why. */
  readonly failures: readonly Failure[];
}

@injectable()
export class Experiment {
  constructor(
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(DATA) private readonly data: DataProvider,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(DIRECTORY) private readonly directory: string,
    @inject(EVENTS) private readonly events: RunEmitter,
    @inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Asks the plugins, lays out and merges all paths. Writes nothing. Throws one error with all the user's mistakes. */
  plan(): Promise<ExperimentPlan> {
    const { numerics } = this.trainer.describe();
    const log = (level: 'info' | 'warn', message: string) => this.events.emit('log', level, message);
    return planExperiment({ spec: this.spec, model: this.model, data: this.data, numerics, log });
  }

  /**
   * Trains what is not stored yet, evaluates the releases and writes `results.json`. Killed at any moment, the same call
   * continues and ends in the same bits.
   */
  async run(plan: ExperimentPlan, options: RunOptions): Promise<Outcome> {
    const { directory, events, data, trainer } = this;
    await mkdir(directory, { recursive: true });
    const unlock = await lockDirectory(directory, () =>
      events.emit('warning', `${directory} is locked; waiting for the other process, or for its lock to expire`),
    );
    const detach = attachObservers(plan, events, this.model.context);
    try {
      const warn = (message: string) => events.emit('warning', message);
      const store = await CheckpointStore.open(join(directory, 'checkpoints'), warn);
      const ledger = await Ledger.open(join(directory, 'ledger.jsonl'));
      const metrics = await MetricsStore.open(join(directory, 'metrics'));
      const evaluationStore = await EvaluationStore.open(join(directory, 'evaluations'));
      const evaluations = new Map<GraphNode, readonly EvaluationResult[]>();
      const set = data.evaluationSet();
      const evaluate = async (node: GraphNode, state: TrainerState | undefined) => {
        let results = await evaluationStore.read(node.key, set.digest);
        if (results === undefined) {
          const own = state ?? (await trainer.restore(await store.open(node.key)));
          try {
            results = await trainer.evaluate(own, set);
          } finally {
            if (state === undefined) own.dispose();
          }
          await evaluationStore.write(node.key, set.digest, results);
        }
        evaluations.set(node, results);
        this.#announce(plan, node, results, state === undefined);
      };
      const targets = [...new Set(plan.strategies.flatMap(({ releases, captures }) => [...releases, ...captures]))];
      const executor = new Executor({
        graph: plan.graph,
        targets,
        orders: plan.orders,
        model: this.model,
        trainer,
        store,
        ledger,
        metrics,
        events,
        checkpointEvery: this.spec.checkpointEvery,
        signal: options.signal,
        now: this.clock,
        onTarget: evaluate,
      });
      const { work } = executor;
      const tokensPerStep = this.spec.batch * this.model.context;
      events.emit('start', { steps: work.steps, segments: work.train.size, tokensPerStep, releases: targets.length });
      for (const segment of plan.graph.segments()) {
        if (!work.train.has(segment)) events.emit('segmentEnd', { segment, reused: true });
      }
      const failures = [...plan.failures, ...(await executor.run())];
      await this.#bookCharges(plan, ledger);
      const { stepsMissing } = costsOf(plan, ledger.entries);
      if (stepsMissing > 0 && failures.length === 0) {
        warn(
          `the ledger has no entry for ${stepsMissing} steps that were trained; costs in the results are too low by them`,
        );
      }
      if (!plan.strategies.some(({ releases }) => releases.every((node) => evaluations.has(node)))) {
        throw new BranchlineError(
          failures[0]!.error.code,
          failures.flatMap(({ error }) => error.problems),
        );
      }
      const results = await assembleResults({
        spec: this.spec,
        plan,
        model: this.model,
        data,
        trainer: trainer.describe(),
        store,
        metrics,
        entries: ledger.entries,
        evaluations,
        failures: failures.map(({ strategies, error }) => ({ strategies, message: error.message })),
        command: options.command,
        finishedAt: new Date(this.clock()).toISOString(),
      });
      await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
      return { results, failures };
    } finally {
      detach();
      await unlock().catch(() => undefined);
    }
  }

  /** Tells of the releases that now exist, and of versions that are thereby complete. */
  #announce(plan: ExperimentPlan, node: GraphNode, results: readonly EvaluationResult[], reused: boolean): void {
    for (const { strategy, releases } of plan.strategies) {
      for (const [index, release] of releases.entries()) {
        if (release !== node) continue;
        const version = index + 1;
        const { loss } = summarize(results, version, plan.info.versions);
        this.events.emit('release', { strategy: strategy.name, version, checkpoint: node.key, loss, reused });
        this.events.emit('version', { strategy: strategy.name, version });
      }
    }
  }

  async #bookCharges(plan: ExperimentPlan, ledger: Ledger): Promise<void> {
    for (const { strategy } of plan.strategies) {
      for (const { plugin, version, what, tokens = 0, flops = 0 } of strategy.charges.values()) {
        const entry: LedgerEntry = {
          kind: 'charge',
          id: digestJson({ charge: what, plugin, version, strategy: strategy.name }),
          from: '',
          to: '',
          root: '',
          at: 0,
          steps: 0,
          tokens,
          flops: BigInt(Math.round(flops)).toString(),
          deviceSeconds: 0,
          device: '',
          requestedBy: [strategy.name],
          time: new Date(this.clock()).toISOString(),
          plugin,
          version,
          note: what,
        };
        await ledger.append(entry);
      }
    }
  }
}

/** What an experiment is put together from. */
export interface ExperimentParts {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  readonly trainer: Trainer;
  /** Directory of the run. */
  readonly directory: string;
  readonly events?: RunEmitter;
  readonly clock?: Clock;
}

/** The composition root: the one place where the parts of an experiment meet. */
export function createExperiment(parts: ExperimentParts): Experiment {
  const scope = container.createChildContainer();
  scope.register(SPEC, { useValue: parts.spec });
  scope.register(MODEL, { useValue: parts.model });
  scope.register(DATA, { useValue: parts.data });
  scope.register(TRAINER, { useValue: parts.trainer });
  scope.register(DIRECTORY, { useValue: parts.directory });
  scope.register(EVENTS, { useValue: parts.events ?? new RunEmitter() });
  scope.register(CLOCK, { useValue: parts.clock ?? Date.now });
  return scope.resolve(Experiment);
}
