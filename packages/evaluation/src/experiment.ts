/** An experiment with evaluated and compared releases: the kernel with evaluators, and `results.json`. */
import {
  type Clock,
  type DependencyContainer,
  type Digest,
  type Evaluator,
  type ExperimentPlan,
  type ExperimentSpec,
  type Failure,
  type FinishedRun,
  Kernel,
  type KernelParts,
  LedgerWriter,
  PLAN,
  RUN_DIRECTORY,
  RunEmitter,
  RunFailures,
  type RunOptions,
} from '@branchline/core';
import { assembleResults, type Judgement } from './assembly/assemble.js';
import { divergedWarnings } from './assembly/diverged.js';
import { processorWarnings } from './assembly/other-processors.js';
import { ResultsFile } from './assembly/results-file.js';
import { ResultsSoFar } from './assembly/results-so-far.js';
import { HeldOutEvaluator } from './held-out/held-out-evaluator.js';
import { ReleaseAnnouncer } from './held-out/release-announcer.js';
import { type Registered, registerRule, registrationOf } from './registration.js';
import type { ComparisonRule } from './results/comparison.js';
import type { Judge } from './results/judge.js';
import type { Results } from './results/results.js';
import { TASKS, TaskEvaluator } from './tasks/task-evaluator.js';
import type { TaskSet } from './tasks/tasks.js';

/** An experiment with the rule that compares its strategies. */
export interface ComparedExperimentSpec extends ExperimentSpec {
  /** Registered in the run directory before the first step. Absent: no verdicts. */
  readonly compare?: ComparisonRule;
}

/** The parts of an experiment. */
export interface ExperimentParts extends Omit<KernelParts, 'spec' | 'evaluators' | 'beforeTraining'> {
  readonly spec: ComparedExperimentSpec;
  /**
   * Called before the first step of every plan, after the check that the plan fits its budget. `soFar` assembles what
   * exists of the plan when it is called, as partial results without losses of steps, also before the first release.
   */
  readonly beforeTraining?: (plan: ExperimentPlan, soFar: () => Promise<Results>) => Promise<void>;
  /** Tasks that every release answers; default none. They do not affect training. */
  readonly tasks?: readonly TaskSet[];
  /** Makes verdicts from results by `spec.compare`. Absent: no verdicts. */
  readonly judge?: Judge;
  /**
   * Called when a run that began has ended and its results are written, while the run directory is still locked;
   * without an outcome if it was stopped. Must not throw.
   */
  readonly afterRun?: (outcome?: Outcome) => Promise<void>;
}

/** Options of one call to `run`. */
export interface ExperimentRunOptions extends RunOptions {
  /** Recorded in `results.json`: the command that repeats this run. */
  readonly command: string;
}

/** Outcome of a run. */
export interface Outcome {
  readonly results: Results;
  /** Why the other strategies are not in the results. */
  readonly failures: readonly Failure[];
}

/** The evaluators of the current plan. */
interface Evaluators {
  readonly heldOut: HeldOutEvaluator;
  readonly answers: TaskEvaluator;
  readonly soFar: ResultsSoFar;
}

/** Plans, trains and evaluates strategies. Use `createExperiment` to make one. */
export class Experiment {
  readonly #parts: ExperimentParts;
  readonly #kernel: Kernel;
  readonly #events: RunEmitter;
  readonly #clock: Clock;
  readonly #file: ResultsFile;
  #current: Evaluators | undefined;
  /** Of the current run. */
  #command = '';
  #isJob = false;

  constructor(parts: ExperimentParts) {
    this.#parts = parts;
    this.#events = parts.events ?? new RunEmitter();
    this.#clock = parts.clock ?? Date.now;
    this.#file = new ResultsFile(parts.directory);
    const announcer = new ReleaseAnnouncer(this.#events);
    const evaluators = (of: DependencyContainer) => this.#evaluators(of, announcer);
    const beforeTraining = async (plan: ExperimentPlan) => {
      const { soFar } = this.#current!;
      await parts.beforeTraining?.(plan, () => soFar.withoutLosses());
      await this.#register();
    };
    this.#kernel = new Kernel({ ...parts, events: this.#events, clock: this.#clock, evaluators, beforeTraining });
  }

  /**
   * Calls the plugins, lays out all paths and merges them into one graph. Writes nothing. Throws one error with all
   * problems of the experiment. Reactive strategies are planned as far as the losses they request are stored in the run
   * directory.
   */
  plan(): Promise<ExperimentPlan> {
    return this.#kernel.plan();
  }

  /**
   * Trains what is not stored yet, evaluates the releases and writes `results.json`. After a kill at any point, the
   * same call resumes and produces bit-identical results. Throws when no strategy could be completed. When the run
   * stops before its end, `results.json` has what exists by then, marked as `partial`.
   */
  run(plan: ExperimentPlan, options: ExperimentRunOptions): Promise<Outcome> {
    this.#command = options.command;
    return this.#kernel.run(
      plan,
      options,
      (finished) => this.#conclude(finished),
      async () => {
        await this.#current?.soFar.write();
        await this.#parts.afterRun?.();
      },
    );
  }

  /**
   * Makes and evaluates one state of a plan, as a job of the run in this directory, into a folder of its own. Writes no
   * results. After a kill, the same call continues.
   */
  job(plan: ExperimentPlan, state: Digest, options: RunOptions): Promise<void> {
    this.#isJob = true;
    return this.#kernel.job(plan, state, options);
  }

  #evaluators(parts: DependencyContainer, announcer: ReleaseAnnouncer): readonly Evaluator[] {
    parts.register(TASKS, { useValue: this.#parts.tasks ?? [] });
    parts.register(ReleaseAnnouncer, { useValue: announcer });
    const answers = parts.resolve(TaskEvaluator);
    const heldOut = parts.resolve(HeldOutEvaluator);
    if (this.#isJob) return [answers, heldOut];
    const soFar = new ResultsSoFar({
      plan: parts.resolve(PLAN),
      run: parts.resolve(RUN_DIRECTORY),
      trainer: this.#parts.trainer,
      evaluators: [answers, heldOut],
      file: this.#file,
      failures: () => parts.resolve(RunFailures).all,
      warn: (message) => void this.#events.emit('warning', message),
      assemble: (run) =>
        assembleResults({
          ...{ ...this.#parts, ...run, heldOut, answers, command: this.#command, finishedAt: this.#now() },
          currency: parts.resolve(LedgerWriter).rate.currency,
          judgement: undefined,
        }),
    });
    this.#current = { heldOut, answers, soFar };
    // Held-out text comes after tasks, because its evaluator announces releases: by then all evaluations of the release
    // are done.
    return [answers, heldOut, soFar];
  }

  /** What is registered before a run; undefined without a comparison rule. */
  #registered(): Registered | undefined {
    const { compare: rule, baseline, seeds, strategies } = this.#parts.spec;
    return rule && { rule, baseline, seeds, strategies: strategies.map(({ name }) => name) };
  }

  /** Registers the comparison rule before the first step. */
  async #register(): Promise<void> {
    const registered = this.#registered();
    if (registered === undefined) return;
    const { evaluated, releases } = await this.#current!.heldOut.progress();
    const event = { time: this.#now(), releases: evaluated, of: releases };
    const warn = (message: string) => void this.#events.emit('warning', message);
    await registerRule(this.#parts.directory, registered, event, warn);
  }

  /** Input for the verdicts; undefined without a rule or a judge. */
  async #judgement(): Promise<Judgement | undefined> {
    const registered = this.#registered();
    const { judge, directory } = this.#parts;
    if (registered === undefined || judge === undefined) return undefined;
    const registration = await registrationOf(directory, registered);
    return registration && { registered, registration, judge };
  }

  async #conclude(finished: FinishedRun): Promise<Outcome> {
    const { heldOut, answers } = this.#current!;
    const { failures } = finished;
    const results = await assembleResults({
      ...finished,
      ...this.#parts,
      heldOut,
      answers,
      command: this.#command,
      finishedAt: this.#now(),
      judgement: await this.#judgement(),
    });
    const { strategies, data } = results;
    const warnings = [...divergedWarnings(strategies, data.uniformLoss), ...processorWarnings(strategies)];
    for (const { message } of warnings) this.#events.emit('warning', message);
    finished.run.lock.assertHeld();
    await this.#file.write(results);
    await this.#parts.afterRun?.({ results, failures });
    return { results, failures };
  }

  /** ISO 8601. */
  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}

/** Makes an experiment from its parts. */
export function createExperiment(parts: ExperimentParts): Experiment {
  return new Experiment(parts);
}
