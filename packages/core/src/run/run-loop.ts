import { basename } from 'node:path';
import type { ExperimentCosts } from '../bill/costs.js';
import { CLOCK, type Clock } from '../clock.js';
import { inject, injectable } from '../di.js';
import { BranchlineError, type Failure, formatProblem } from '../errors.js';
import type { Digest } from '../json.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import type { ExperimentPlan, OpenStrategy, StrategyPlan } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { allFailed, refusalOf, unfinishedFailures } from '../plan/failures.js';
import { readPlanRecords, removePlanRecord, strategiesOf, writePlanRecord } from '../plan/plan-record.js';
import { problemOf } from '../plan/plan-warning.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { isContinued } from './continued-plans.js';
import { RunEmitter } from './events.js';
import { LossMeasurer } from './measure.js';
import { ObserverCalls } from './observers.js';
import { keptForOthers } from './reasons-to-keep.js';
import type { KeptForOthers } from './retention.js';
import type { Round } from './round.js';
import type { RunFailures } from './run-failures.js';
import { RUN_OPTIONS, type RunOptions } from './run-options.js';

/** A finished run, as input for writing results. */
export interface FinishedRun {
  readonly plan: ExperimentPlan;
  readonly run: RunDirectory;
  readonly costs: ExperimentCosts;
  /** Currency of all money amounts, ISO 4217. */
  readonly currency: string;
  /** Strategies whose releases all exist and are evaluated; at least one. */
  readonly complete: readonly StrategyPlan[];
  /** Why the other strategies are not complete. */
  readonly failures: readonly Failure[];
}

/** Makes plans, and rounds that train them. */
export interface RoundFactory {
  plan(): Promise<ExperimentPlan>;
  round(plan: ExperimentPlan, kept: () => KeptForOthers): Round;
  /** Called before the first step of every plan. */
  beforeTraining(plan: ExperimentPlan): Promise<void>;
  /** Called when a run that began ends with an error, while the run directory is still locked. Does not throw. */
  stopped(): Promise<void>;
}

/** Trains a plan, measures losses that reactive strategies request, and plans again, until nothing is left to train. */
@injectable()
export class RunLoop {
  constructor(
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(LossMeasurer) private readonly measurer: LossMeasurer,
    @inject(ObserverCalls) private readonly observers: ObserverCalls,
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RUN_OPTIONS) private readonly options: RunOptions,
  ) {}

  /**
   * Throws before the first step when strategies of the first plan cannot be planned, when no strategy could be
   * completed, and when an error stops the whole run.
   */
  async train(first: ExperimentPlan, factory: RoundFactory): Promise<FinishedRun> {
    const { run, events } = this;
    this.#assertOneCurrency();
    this.#assertPlanned(first);
    // Each segment is announced once, however many rounds there are.
    const announced = new Set<string>();
    const digests = new Set<Digest>();
    const warned = new Set<string>();
    let started = false;
    let finished: FinishedRun | undefined;
    let failures: RunFailures | undefined;
    try {
      for (let plan = first; ; plan = await factory.plan()) {
        for (const digest of await this.#continued(plan)) digests.add(digest);
        const earlier = [...digests].filter((digest) => digest !== plan.digest);
        digests.add(plan.digest);
        const kept = await this.#others(digests);
        const round = factory.round(plan, kept);
        ({ failures } = round);
        const ahead = await round.check(kept());
        run.lock.assertHeld();
        // May refuse the directory, which then keeps only its own plans.
        await factory.beforeTraining(plan);
        await writePlanRecord(run.directory, plan, this.spec.name, this.clock);
        this.observers.attach(plan);
        this.#warn(plan, warned);
        events.emit(started ? 'replan' : 'runStart', ahead);
        started = true;
        await round.train(announced);
        for (const digest of earlier) await removePlanRecord(run.directory, digest);
        if (await this.#measure(plan, failures)) continue;
        // Strategies whose losses cannot be measured hold back nothing, so that others can be.
        if ((await round.trainHeld()) && (await this.#measure(plan, failures))) continue;
        finished = this.#conclude(round);
        return finished;
      }
    } catch (error) {
      if (started) await factory.stopped();
      throw error;
    } finally {
      // A run that was refused before its first step never began.
      if (started) this.#announceEnd(finished, failures?.all ?? []);
    }
  }

  /** Measures what strategies wait for. Returns whether any of them can be planned further. */
  async #measure({ open }: ExperimentPlan, failures: RunFailures): Promise<boolean> {
    const { progress, failures: failed } = await this.measurer.measure(withoutFailed(open, failures.all));
    failures.add(...failed);
    return progress;
  }

  #announceEnd(finished: FinishedRun | undefined, failures: readonly Failure[]): void {
    const complete = new Set(finished?.complete.map(({ strategy: { name, seed } }) => `${seed}/${name}`));
    const unfinished = finished === undefined ? 'stopped' : 'failed';
    this.observers.finish(({ name, seed }) => (complete.has(`${seed}/${name}`) ? 'completed' : unfinished));
    this.events.emit('runEnd', {
      outcome: finished === undefined ? 'stopped' : 'completed',
      failures: finished?.failures ?? failures,
    });
  }

  /** Digests of plans of this experiment that stopped runs left behind. */
  async #continued(plan: ExperimentPlan): Promise<readonly Digest[]> {
    const { run, spec } = this;
    const by = { experiment: spec.name, strategies: strategiesOf(plan), seeds: plan.seeds };
    const found: Digest[] = [];
    for (const record of (await readPlanRecords(run.directory)).records) {
      if (record.plan !== plan.digest && (await isContinued(record, by, run.evaluations))) found.push(record.plan);
    }
    return found;
  }

  /** Returns a lookup of what plans of other runs in the directory need. `own`: digests of the plans of this run. */
  async #others(own: ReadonlySet<Digest>): Promise<() => KeptForOthers> {
    const { run, events } = this;
    const { records, damaged } = await readPlanRecords(run.directory);
    // A damaged record of this run's own plan is about to be written again.
    for (const path of damaged.filter((file) => !own.has(basename(file, '.json')))) {
      const message = `${path} cannot be read, so what its plan needs is not known; run its experiment again`;
      events.emit('warning', message);
    }
    const others = records.filter(({ plan }) => !own.has(plan));
    return () => keptForOthers(others, run.store);
  }

  #conclude(round: Round): FinishedRun {
    const { run, events, spec, ledgerWriter } = this;
    const { plan, evaluators, failures: stopped } = round;
    const costs = round.costs();
    if (costs.stepsMissing > 0 && stopped.all.length === 0) {
      const message = `the ledger has no entry for ${costs.stepsMissing} trained steps; reported costs are too low`;
      events.emit('warning', message);
    }
    const complete = plan.strategies.filter(({ releases }) =>
      releases.every((node) => evaluators.every((evaluator) => evaluator.has(node))),
    );
    const failures = unfinishedFailures(complete, [...plan.failures, ...stopped.all], plan);
    if (complete.length === 0) throw allFailed(failures);
    const names = complete.map(({ strategy }) => strategy.name);
    if (!names.includes(spec.baseline)) {
      events.emit('warning', `the baseline "${spec.baseline}" failed; costs are compared with "${names[0]}" instead`);
    }
    return { plan, run, costs, currency: ledgerWriter.rate.currency, complete, failures };
  }

  /** Throws a `config` error with every mistake of the plan, before anything is trained. */
  #assertPlanned(plan: ExperimentPlan): void {
    const refusal = this.options.startAnyway === true ? undefined : refusalOf(plan);
    if (refusal !== undefined) throw refusal;
  }

  /** Emits the warnings of a plan that were not emitted before. */
  #warn({ warnings }: ExperimentPlan, warned: Set<string>): void {
    for (const message of warnings.map((warning) => formatProblem(problemOf(warning)))) {
      if (!warned.has(message)) this.events.emit('warning', message);
      warned.add(message);
    }
  }

  /** Amounts in different currencies cannot be added. Throws a `config` error. */
  #assertOneCurrency(): void {
    const { currency } = this.ledgerWriter.rate;
    const other = this.run.ledger.entries.find((entry) => entry.currency !== currency && entry.money !== null);
    if (other === undefined) return;
    throw new BranchlineError('config', {
      configPath: 'prices.currency',
      message: `is ${currency}, but the ledger of this run directory is in ${other.currency}`,
      remedy: `Give prices in ${other.currency}, or this run another directory (--runs).`,
    });
  }
}

/** The open strategies that did not fail while they were trained. */
function withoutFailed(open: readonly OpenStrategy[], failures: readonly Failure[]): readonly OpenStrategy[] {
  return open.filter(
    ({ strategy: { name, seed } }) =>
      !failures.some(({ strategies, seeds }) => strategies.includes(name) && (seeds?.includes(seed) ?? true)),
  );
}
