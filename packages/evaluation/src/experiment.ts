/** An experiment whose releases are evaluated and compared: the kernel with evaluators, and `results.json`. */
import { join } from 'node:path';
import {
  type Clock,
  type DependencyContainer,
  type Evaluator,
  type ExperimentPlan,
  type ExperimentSpec,
  type Failure,
  type FinishedRun,
  Kernel,
  type KernelParts,
  RunEmitter,
  type RunOptions,
  writeFileAtomic,
} from '@branchline/core';
import { assembleResults, type Judgement } from './assembly/assemble.js';
import { HeldOutEvaluator } from './held-out/held-out-evaluator.js';
import { ReleaseAnnouncer } from './held-out/release-announcer.js';
import { type Registered, registerRule, registrationOf } from './registration.js';
import type { ComparisonRule } from './results/comparison.js';
import type { Judge } from './results/judge.js';
import type { Results } from './results/results.js';
import { TASKS, TaskEvaluator } from './tasks/task-evaluator.js';
import type { TaskSet } from './tasks/tasks.js';

/** An experiment with the rule by which its strategies are compared. */
export interface ComparedExperimentSpec extends ExperimentSpec {
  /** Registered in the run directory before the first step. Absent: there are no verdicts. */
  readonly compare?: ComparisonRule;
}

/** What an experiment is put together from. */
export interface ExperimentParts extends Omit<KernelParts, 'spec' | 'evaluators'> {
  readonly spec: ComparedExperimentSpec;
  /** Tasks that every release answers; default none. They change nothing of what is trained. */
  readonly tasks?: readonly TaskSet[];
  /** Makes verdicts of results by `spec.compare`. Absent: there are none. */
  readonly judge?: Judge;
}

/** Options of a run. */
export interface ExperimentRunOptions extends RunOptions {
  /** For `results.json`: how to run this again. */
  readonly command: string;
}

/** What a run came to. */
export interface Outcome {
  readonly results: Results;
  /** Strategies that are not in the results, and why. */
  readonly failures: readonly Failure[];
}

/** The evaluators of the plan that is being trained. */
interface Evaluators {
  readonly heldOut: HeldOutEvaluator;
  readonly answers: TaskEvaluator;
}

/** Plans, trains and evaluates strategies. Make one with `createExperiment`. */
export class Experiment {
  readonly #parts: ExperimentParts;
  readonly #kernel: Kernel;
  readonly #events: RunEmitter;
  readonly #clock: Clock;
  #current: Evaluators | undefined;

  constructor(parts: ExperimentParts) {
    this.#parts = parts;
    this.#events = parts.events ?? new RunEmitter();
    this.#clock = parts.clock ?? Date.now;
    const announcer = new ReleaseAnnouncer(this.#events);
    const evaluators = (of: DependencyContainer) => this.#evaluators(of, announcer);
    const beforeTraining = () => this.#register();
    this.#kernel = new Kernel({ ...parts, events: this.#events, clock: this.#clock, evaluators, beforeTraining });
  }

  /**
   * Asks the plugins, lays out and merges all paths. Writes nothing. Throws one error with all the user's mistakes.
   * Reactive strategies are planned as far as the run directory knows the losses that they ask for.
   */
  plan(): Promise<ExperimentPlan> {
    return this.#kernel.plan();
  }

  /**
   * Trains what is not stored yet, evaluates the releases and writes `results.json`. Killed at any moment, the same
   * call continues and ends in the same bits. Throws when no strategy could be completed.
   */
  run(plan: ExperimentPlan, options: ExperimentRunOptions): Promise<Outcome> {
    return this.#kernel.run(plan, options, (finished) => this.#conclude(finished, options.command));
  }

  #evaluators(parts: DependencyContainer, announcer: ReleaseAnnouncer): readonly Evaluator[] {
    parts.register(TASKS, { useValue: this.#parts.tasks ?? [] });
    parts.register(ReleaseAnnouncer, { useValue: announcer });
    const answers = parts.resolve(TaskEvaluator);
    const heldOut = parts.resolve(HeldOutEvaluator);
    this.#current = { heldOut, answers };
    // Held-out text comes last: whoever hears of a release can rely on all that is measured of it.
    return [answers, heldOut];
  }

  /** What is fixed before a run; undefined without a rule of comparison. */
  #registered(): Registered | undefined {
    const { compare: rule, baseline, seeds, strategies } = this.#parts.spec;
    return rule && { rule, baseline, seeds, strategies: strategies.map(({ name }) => name) };
  }

  /** Writes the rule of comparison down before the first step. */
  async #register(): Promise<void> {
    const registered = this.#registered();
    if (registered === undefined) return;
    const { evaluated, releases } = await this.#current!.heldOut.progress();
    const event = { time: this.#now(), releases: evaluated, of: releases };
    const warn = (message: string) => void this.#events.emit('warning', message);
    await registerRule(this.#parts.directory, registered, event, warn);
  }

  /** What the verdicts of the results are made by. */
  async #judgement(): Promise<Judgement | undefined> {
    const registered = this.#registered();
    const { judge, directory } = this.#parts;
    if (registered === undefined || judge === undefined) return undefined;
    const registration = await registrationOf(directory, registered);
    return registration && { registered, registration, judge };
  }

  async #conclude(finished: FinishedRun, command: string): Promise<Outcome> {
    const { heldOut, answers } = this.#current!;
    const { failures } = finished;
    const results = await assembleResults({
      ...finished,
      ...this.#parts,
      heldOut,
      answers,
      command,
      finishedAt: this.#now(),
      judgement: await this.#judgement(),
    });
    await writeFileAtomic(join(this.#parts.directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
    return { results, failures };
  }

  /** ISO 8601. */
  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}

/** An experiment from its parts. */
export function createExperiment(parts: ExperimentParts): Experiment {
  return new Experiment(parts);
}
