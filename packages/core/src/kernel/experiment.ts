/** The life of an experiment: plan, run, results. The composition root is at the bottom. */
import { basename, join } from 'node:path';
import { type BillRow, billOf } from '../bill/bill.js';
import { ExperimentCosts } from '../bill/costs.js';
import { reusedEntries } from '../bill/reuse.js';
import { CLOCK, type Clock } from '../clock.js';
import { container, inject, injectable } from '../di.js';
import { BranchlineError, type Failure, messageOf } from '../errors.js';
import { writeFileAtomic } from '../files/durable.js';
import { stepsBySegment, stepsOf } from '../graph/operations.js';
import type { Digest } from '../json.js';
import { DEFAULT_PRICES } from '../ledger/default-prices.js';
import type { LedgerEntry } from '../ledger/entry.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { DATA, type DataProvider } from '../plan/data.js';
import { type ExperimentPlan, PLAN, planExperiment, targetsOf } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { allFailed, failuresBeside } from '../plan/failures.js';
import { readPlanRecords, removePlanRecord, writePlanRecord } from '../plan/plan-record.js';
import { type Ahead, assertFits, needsSpeed, secondsPerFlop } from '../run/budget-check.js';
import { forecastDisk } from '../run/disk-forecast.js';
import { EVALUATORS } from '../run/evaluator.js';
import { RunEmitter } from '../run/events.js';
import { Executor } from '../run/executor.js';
import { measure, measuredIn } from '../run/measure.js';
import { attachObservers } from '../run/observers.js';
import { keptForOthers } from '../run/reasons-to-keep.js';
import { RemainingWork } from '../run/remaining-work.js';
import { KEPT_FOR_OTHERS, type KeptForOthers } from '../run/retention.js';
import { diskTooSmall } from '../run/run-errors.js';
import { RUN_OPTIONS } from '../run/run-options.js';
import { secondsPerStep } from '../run/speed.js';
import { RUN_DIRECTORY, type RunDirectory, withRunDirectory } from '../store/run-directory.js';
import { MODEL, type ModelDescription, TRAINER, type Trainer } from '../trainer/trainer.js';
import { type AssembleInput, assembleResults } from './assemble.js';
import type { Judge } from './comparison.js';
import { ReleaseDesk } from './desk.js';
import { DIRECTORY, JUDGE, TASKS } from './injection-tokens.js';
import { type Registered, registerRule, registrationOf } from './registration.js';
import type { Results } from './results.js';
import { TaskDesk } from './task-desk.js';
import type { TaskSet } from './tasks.js';

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

/** What came of training a plan. */
interface Round {
  readonly desk: ReleaseDesk;
  readonly answers: TaskDesk;
  readonly trouble: Failure[];
}

@injectable()
export class Experiment {
  constructor(
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(DATA) private readonly data: DataProvider,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(DIRECTORY) private readonly directory: string,
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(JUDGE) private readonly judge: { readonly judge: Judge | undefined },
    @inject(TASKS) private readonly tasks: readonly TaskSet[],
  ) {}

  /**
   * Asks the plugins, lays out and merges all paths. Writes nothing. Throws one error with all the user's mistakes. Reactive strategies
   * are planned as far as the run directory knows the losses they want.
   */
  plan(): Promise<ExperimentPlan> {
    const { spec, model, data, directory } = this;
    const { numerics } = this.trainer.describe();
    const log = (level: 'info' | 'warn', message: string) => this.events.emit('log', level, message);
    return planExperiment({ spec, model, data, numerics, log, measured: measuredIn(directory) });
  }

  /**
   * Trains what is not stored yet, evaluates the releases and writes `results.json`. Killed at any moment, the same call
   * continues and ends in the same bits. Throws when no strategy could be completed.
   */
  async run(plan: ExperimentPlan, options: RunOptions): Promise<Outcome> {
    const { directory, events, model, trainer, spec, clock } = this;
    const warn = (message: string) => void events.emit('warning', message);
    return withRunDirectory(directory, warn, async (run) => {
      const prices = spec.prices ?? DEFAULT_PRICES;
      const books = new LedgerWriter({ ledger: run.ledger, model, trainer, prices, now: clock });
      assertOneCurrency(run.ledger.entries, books.rate.currency);
      // Releases and segments are announced once, however many rounds a reactive strategy needs.
      const announced = new Set<string>();
      const rounds = new Set<Digest>();
      for (let current = plan; ; current = await this.plan()) {
        const before = [...rounds];
        rounds.add(current.digest);
        const others = await this.#others(run, rounds);
        const round = await this.#train(run, current, books, announced, others, options.signal);
        for (const digest of before) await removePlanRecord(directory, digest);
        const measured = await this.#measure(run, current, books);
        round.trouble.push(...measured.failures);
        if (!measured.progress) return this.#conclude(run, current, books, round, options.command);
      }
    });
  }

  /** What plans need that are not rounds of this run. */
  async #others({ store }: RunDirectory, rounds: ReadonlySet<Digest>): Promise<() => KeptForOthers> {
    const { records, damaged } = await readPlanRecords(this.directory);
    // A record of this very plan is about to be written anew.
    for (const path of damaged.filter((file) => !rounds.has(basename(file, '.json')))) {
      const message = `${path} cannot be read, so nobody knows what its plan needs; run its experiment again`;
      this.events.emit('warning', message);
    }
    const others = records.filter(({ plan }) => !rounds.has(plan));
    return () => keptForOthers(others, store);
  }

  /** Trains everything that is planned. */
  async #train(
    run: RunDirectory,
    plan: ExperimentPlan,
    books: LedgerWriter,
    announced: Set<string>,
    others: () => KeptForOthers,
    signal?: AbortSignal,
  ): Promise<Round> {
    const { spec, model, data, trainer, events, clock, tasks } = this;
    const answers = new TaskDesk(plan, tasks, trainer, run, books);
    const desk = new ReleaseDesk(plan, data.evaluationSet(), trainer, run, books, model.context, events, announced);
    const targets = targetsOf(plan);
    const scope = container.createChildContainer();
    scope.register(SPEC, { useValue: spec });
    scope.register(MODEL, { useValue: model });
    scope.register(TRAINER, { useValue: trainer });
    scope.register(PLAN, { useValue: plan });
    scope.register(RUN_DIRECTORY, { useValue: run });
    scope.register(LedgerWriter, { useValue: books });
    scope.register(RunEmitter, { useValue: events });
    scope.register(RUN_OPTIONS, { useValue: { signal } });
    scope.register(KEPT_FOR_OTHERS, { useValue: others });
    // Tasks first: at the announcement of a release everything that is measured of it is stored.
    const evaluators = [
      { ahead: () => answers.ahead(), evaluate: answers.receive.bind(answers) },
      { ahead: async () => [await desk.ahead()], evaluate: desk.receive.bind(desk) },
    ];
    scope.register(EVALUATORS, { useValue: evaluators });
    const operations = scope.resolve(RemainingWork).compile();
    const executor = scope.resolve(Executor);
    const training = stepsBySegment(operations);
    const tokensPerStep = spec.batch * model.context;
    const heldOut = await desk.ahead();
    const evaluations = [heldOut, ...(await answers.ahead())];
    await this.#assertRoom({ plan, operations, tokensPerStep, evaluations }, books, run, others());
    await writePlanRecord(this.directory, plan, spec.name, clock);
    await this.#register(desk.count - heldOut.count, desk.count);
    const detach = attachObservers(plan, events, model.context);
    try {
      const seeds = spec.seeds.length;
      const steps = stepsOf(operations);
      const ahead = { steps, segments: training.size, tokensPerStep, releases: targets.length, seeds };
      events.emit('start', ahead);
      for (const segment of plan.graph.segments()) {
        if (training.has(segment) || announced.has(segment.to.key)) continue;
        events.emit('segmentEnd', { segment, reused: true });
      }
      const trouble = [...(await executor.run())];
      for (const { to } of plan.graph.segments()) announced.add(to.key);
      return { desk, answers, trouble };
    } finally {
      detach();
      // What stopped the run is what to tell, also when the disk takes not even the bill.
      await this.#settle(plan, books, run).catch((error: unknown) => {
        events.emit('warning', `the bill could not be written: ${messageOf(error)}`);
      });
    }
  }

  /** Measures what open strategies wait for. No progress: nobody waits, or nothing that somebody waits for could be measured. */
  async #measure(run: RunDirectory, { open }: ExperimentPlan, books: LedgerWriter) {
    const { trainer, model } = this;
    const failures: Failure[] = [];
    let progress = false;
    for (const strategy of open) {
      if (!run.store.has(strategy.node.key)) continue;
      try {
        await measure(strategy, { trainer, run, books, context: model.context });
        progress = true;
      } catch (error) {
        if (!(error instanceof BranchlineError) || (error.code !== 'trainer' && error.code !== 'damaged')) throw error;
        const { name, seed } = strategy.strategy;
        failures.push({ strategies: [name], seeds: [seed], error });
      }
    }
    return { progress, failures };
  }

  /** Writes the results of a plan that is trained. */
  async #conclude(
    run: RunDirectory,
    plan: ExperimentPlan,
    books: LedgerWriter,
    { desk, answers, trouble }: Round,
    command: string,
  ): Promise<Outcome> {
    const { spec, model, data, trainer, events, clock } = this;
    const costs = this.#costs(plan, run.ledger.entries);
    if (costs.stepsMissing > 0 && trouble.length === 0) {
      const message = `the ledger has no entry for ${costs.stepsMissing} steps that were trained; costs are too low by them`;
      events.emit('warning', message);
    }

    const complete = plan.strategies.filter(({ releases }) => releases.every((node) => desk.evaluations.has(node)));
    const names = complete.map(({ strategy }) => strategy.name);
    const failures = failuresBeside(complete, [...plan.failures, ...trouble], plan);
    if (complete.length === 0) throw allFailed(failures);
    if (!names.includes(spec.baseline)) {
      events.emit('warning', `the baseline "${spec.baseline}" failed; costs are compared with "${names[0]}" instead`);
    }
    const judged = await this.#judgement();
    const results = await assembleResults({
      ...run,
      spec,
      plan,
      costs,
      currency: books.rate.currency,
      complete,
      model,
      data,
      trainer: trainer.describe(),
      evaluations: desk.evaluations,
      answers,
      failures: failures.map(({ error, ...of }) => ({ ...of, message: error.message })),
      command,
      finishedAt: new Date(clock()).toISOString(),
      ...judged,
    });
    await writeFileAtomic(join(this.directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
    return { results, failures };
  }

  /** Writes the rule of comparison down before the first step. */
  async #register(releases: number, of: number): Promise<void> {
    const { directory, events, clock } = this;
    const registered = this.#registered();
    if (registered === undefined) return;
    const time = new Date(clock()).toISOString();
    const warn = (message: string) => void events.emit('warning', message);
    await registerRule(directory, registered, { time, releases, of }, warn);
  }

  #registered(): Registered | undefined {
    const { compare: rule, baseline, seeds, strategies } = this.spec;
    return rule && { rule, baseline, seeds, strategies: strategies.map(({ name }) => name) };
  }

  /** What the verdicts of the results are made by. */
  async #judgement(): Promise<Pick<AssembleInput, 'judgement'>> {
    const registered = this.#registered();
    const { judge } = this.judge;
    if (registered === undefined || judge === undefined) return {};
    const registration = await registrationOf(this.directory, registered);
    return registration === undefined ? {} : { judgement: { registered, registration, judge } };
  }

  /** Throws when the budget or the disk limit is too small for what is ahead. */
  async #assertRoom(ahead: Ahead, books: LedgerWriter, run: RunDirectory, kept: KeptForOthers): Promise<void> {
    const { spec, trainer, model } = this;
    if (spec.diskLimit !== undefined) {
      const targets = targetsOf(ahead.plan);
      const { store } = run;
      const { parameters } = model;
      const { least } = forecastDisk({ graph: ahead.plan.graph, targets, store, parameters, kept });
      if (least > spec.diskLimit) throw diskTooSmall(least, spec.diskLimit);
    }
    if (spec.budget === undefined) return;
    // The longest, so that several steps are timed.
    const [segment] = [...stepsBySegment(ahead.operations).keys()].sort((a, b) => b.steps - a.steps);
    let speed = secondsPerFlop(books, trainer.describe().device);
    if (speed === undefined && segment !== undefined && needsSpeed(spec.budget)) {
      const seconds = await secondsPerStep(trainer, segment, ahead.plan.orders, spec.batch);
      speed = seconds / Number(books.flopsOf(ahead.tokensPerStep));
    }
    assertFits(spec.budget, ahead, books, speed);
  }

  #costs(plan: ExperimentPlan, entries: readonly LedgerEntry[]): ExperimentCosts {
    const digests = this.tasks.map(({ digest }) => digest);
    return new ExperimentCosts(plan, entries, digests);
  }

  /** LedgerWriter what plugins charged and what was reused, and writes the bill; also when the run was stopped. */
  async #settle(plan: ExperimentPlan, books: LedgerWriter, { lock }: RunDirectory): Promise<void> {
    lock.assertHeld();
    for (const { strategy } of plan.strategies) {
      for (const charge of strategy.charges.values()) await books.append(books.charged(strategy, charge));
    }
    for (const entry of reusedEntries(plan, books, this.model.context)) await books.append(entry);
    await books.ledger.seal();
    const rows: readonly BillRow[] = billOf(this.#costs(plan, books.ledger.entries));
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFileAtomic(join(this.directory, 'bill.jsonl'), text);
  }
}

/** Sums over two currencies would be none. */
function assertOneCurrency(entries: readonly LedgerEntry[], currency: string): void {
  const other = entries.find((entry) => entry.currency !== currency && entry.money !== null);
  if (other === undefined) return;
  throw new BranchlineError('config', {
    configPath: 'prices.currency',
    message: `is ${currency}, but the ledger of this run directory is in ${other.currency}`,
    remedy: `Give prices in ${other.currency}, or this run another directory (--runs).`,
  });
}

/** What an experiment is put together from. */
export interface ExperimentParts {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  readonly trainer: Trainer;
  /** Tasks that every release answers; default none. They change nothing of what is trained. */
  readonly tasks?: readonly TaskSet[];
  /** Directory of the run. */
  readonly directory: string;
  readonly events?: RunEmitter;
  readonly clock?: Clock;
  /** Makes verdicts of results by `spec.compare`. Absent: there are none. */
  readonly judge?: Judge;
}

/** The composition root: the one place where the parts of an experiment meet. */
export function createExperiment(parts: ExperimentParts): Experiment {
  const scope = container.createChildContainer();
  scope.register(SPEC, { useValue: parts.spec });
  scope.register(MODEL, { useValue: parts.model });
  scope.register(DATA, { useValue: parts.data });
  scope.register(TRAINER, { useValue: parts.trainer });
  scope.register(DIRECTORY, { useValue: parts.directory });
  scope.register(RunEmitter, { useValue: parts.events ?? new RunEmitter() });
  scope.register(CLOCK, { useValue: parts.clock ?? Date.now });
  scope.register(TASKS, { useValue: parts.tasks ?? [] });
  scope.register(JUDGE, { useValue: { judge: parts.judge } });
  return scope.resolve(Experiment);
}
