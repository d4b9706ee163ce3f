/** The composition root: creates and connects the parts of an experiment. */
import { CLOCK, type Clock } from '../clock.js';
import { container, type DependencyContainer } from '../di.js';
import { BranchlineError } from '../errors.js';
import type { GraphNode } from '../graph/run-graph.js';
import { lookBelow } from '../jobs/below.js';
import { JobAdopter } from '../jobs/job-adopter.js';
import { JobBudget } from '../jobs/job-budget.js';
import { JobCoordinator } from '../jobs/job-coordinator.js';
import { jobFolder } from '../jobs/job-folder.js';
import { JOB_LAUNCH, type JobLaunch } from '../jobs/job-queue.js';
import { JobRun } from '../jobs/job-run.js';
import { JobSubmitter } from '../jobs/job-submitter.js';
import type { Digest } from '../json.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { NO_PRICES } from '../ledger/prices.js';
import { DATA, type DataProvider } from '../plan/data.js';
import { type ExperimentPlan, PLAN, planExperiment } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { EVALUATORS, type Evaluator } from '../run/evaluator.js';
import { RunEmitter } from '../run/events.js';
import { Executor } from '../run/executor.js';
import { GOAL } from '../run/goal.js';
import { LANES, Lane } from '../run/lane.js';
import { measuredIn } from '../run/measure.js';
import { ObserverCalls } from '../run/observers.js';
import { KEPT_FOR_OTHERS, type KeptForOthers, NOTHING_KEPT } from '../run/retention.js';
import { Round } from '../run/round.js';
import { type FinishedRun, RunLoop } from '../run/run-loop.js';
import { RUN_OPTIONS, type RunOptions } from '../run/run-options.js';
import { RUNNER } from '../run/runner.js';
import { StopGuard } from '../run/stop-guard.js';
import { storedElsewhere } from '../run/stored-elsewhere.js';
import { WarmUp } from '../run/warm-up.js';
import { RUN_DIRECTORY, type RunDirectory, withRunDirectory } from '../store/run-directory.js';
import { type FindTeacher, MODEL, type ModelDescription, TRAINER, TRAINERS, type Trainer } from '../trainer/trainer.js';

/** The parts of an experiment. */
export interface KernelParts {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  readonly trainer: Trainer;
  /**
   * Trainers of further lanes, each used by one lane only: segments that do not depend on each other are trained at the
   * same time. They have the numerics of `trainer`, so results do not depend on their number. Default none.
   */
  readonly otherTrainers?: readonly Trainer[];
  /** The run directory. */
  readonly directory: string;
  /** Trains by jobs of a cluster instead of in this process; `trainer` then only describes theirs. */
  readonly jobs?: JobLaunch;
  readonly events?: RunEmitter;
  readonly clock?: Clock;
  /**
   * Continues states that an equal trainer stored here on another processor, instead of training them again. Keys and
   * provenance of what is made from them hold it. Default false.
   */
  readonly reuseFromOtherProcessors?: boolean;
  /** Finds the checkpoints that strategies name as teachers. Absent: strategies that name one fail. */
  readonly findTeacher?: FindTeacher;
  /** Called before the first step of every plan, after the check that the plan fits its budget. */
  readonly beforeTraining?: (plan: ExperimentPlan) => Promise<void>;
  /** Makes the evaluators of a plan from a container that resolves every part of the run. Default: no evaluators. */
  readonly evaluators?: (parts: DependencyContainer) => readonly Evaluator[];
}

/** Plans and trains an experiment. */
export class Kernel {
  readonly #parts: DependencyContainer;

  constructor(private readonly input: KernelParts) {
    const { spec, model, data, trainer, events, clock } = input;
    this.#parts = container.createChildContainer();
    this.#parts.register(SPEC, { useValue: spec });
    this.#parts.register(MODEL, { useValue: model });
    this.#parts.register(DATA, { useValue: data });
    this.#parts.register(TRAINER, { useValue: trainer });
    this.#parts.register(TRAINERS, { useValue: trainersOf(input) });
    this.#parts.register(RunEmitter, { useValue: events ?? new RunEmitter() });
    this.#parts.register(CLOCK, { useValue: clock ?? Date.now });
  }

  /**
   * Calls the plugins, lays out all paths and merges them into one graph. Writes nothing. Throws one error with all
   * problems of the experiment. Reactive strategies are planned as far as the losses they request are stored in the run
   * directory.
   */
  async plan(): Promise<ExperimentPlan> {
    const { spec, model, data, trainer, directory, reuseFromOtherProcessors, findTeacher } = this.input;
    const events = this.#parts.resolve(RunEmitter);
    const log = (level: 'info' | 'warn', message: string) => events.emit('log', level, message);
    const info = trainer.describe();
    const elsewhere = reuseFromOtherProcessors ? await storedElsewhere(directory, info) : undefined;
    const { numerics } = info;
    const measured = measuredIn(directory);
    return planExperiment({ spec, model, data, numerics, elsewhere, findTeacher, log, measured });
  }

  /**
   * Trains what is not stored yet and evaluates the releases. After a kill at any point, the same call resumes and
   * produces bit-identical results. `conclude` writes the results while the run directory is still locked; `stopped` is
   * called instead when training began and ended with an error, and must not throw. Throws when no strategy could be
   * completed.
   */
  run<T>(
    plan: ExperimentPlan,
    options: RunOptions,
    conclude: (finished: FinishedRun) => Promise<T>,
    stopped: () => Promise<void> = async () => {},
  ): Promise<T> {
    const { directory } = this.input;
    const events = this.#parts.resolve(RunEmitter);
    const warn = (message: string) => void events.emit('warning', message);
    return withRunDirectory(
      directory,
      warn,
      async (run) => {
        const parts = this.#partsOf(run, options);
        // Of a run that worked by jobs until now.
        if (this.input.jobs === undefined) await parts.resolve(JobAdopter).takeOverAll();
        const loop = parts.resolve(RunLoop);
        const factory = {
          plan: () => this.plan(),
          beforeTraining: async (of: ExperimentPlan) => this.input.beforeTraining?.(of),
          stopped,
          round: (of: ExperimentPlan, kept: () => KeptForOthers) => this.#partsOfRound(parts, of, kept).resolve(Round),
        };
        return conclude(await loop.train(plan, factory));
      },
      options.signal,
    );
  }

  /**
   * Makes one state of a plan as a job of the run in this directory: it reads the run, and writes into a folder of its
   * own, from which the run takes over. After a kill, the same call continues. Throws what ended it; a `plan` error if
   * the plan has no such state.
   */
  async job(plan: ExperimentPlan, state: Digest, options: RunOptions): Promise<void> {
    const { directory } = this.input;
    const warn = (message: string) => void this.#parts.resolve(RunEmitter).emit('warning', message);
    const node = plan.graph.nodes().find(({ key }) => key === state);
    if (node === undefined) throw noSuchState(state, plan.basis.numerics);
    const below = await lookBelow(directory, node);
    await withRunDirectory(
      jobFolder(directory, state),
      warn,
      async (run) => {
        const parts = this.#partsOf(run, options);
        const round = this.#partsOfRound(parts, plan, () => NOTHING_KEPT, node);
        await round.resolve(JobRun).make();
      },
      options.signal,
      below,
    );
  }

  #partsOf(run: RunDirectory, options: RunOptions): DependencyContainer {
    const { spec, model, trainer } = this.input;
    const ledgerWriter = new LedgerWriter({
      ...{ ledger: run.ledger, model, trainer, prices: spec.prices ?? NO_PRICES },
      now: this.#parts.resolve(CLOCK),
    });
    const parts = this.#parts.createChildContainer();
    parts.register(RUN_DIRECTORY, { useValue: run });
    parts.register(RUN_OPTIONS, { useValue: options });
    parts.register(LedgerWriter, { useValue: ledgerWriter });
    parts.registerSingleton(ObserverCalls);
    parts.registerSingleton(WarmUp);
    return parts;
  }

  /** The parts of one round; `node`: the only state that it makes, as a job. */
  #partsOfRound(
    run: DependencyContainer,
    plan: ExperimentPlan,
    keptForOthers: () => KeptForOthers,
    node?: GraphNode,
  ): DependencyContainer {
    const { jobs, spec } = this.input;
    const parts = run.createChildContainer();
    parts.register(PLAN, { useValue: plan });
    parts.register(KEPT_FOR_OTHERS, { useValue: keptForOthers });
    parts.register(EVALUATORS, { useValue: this.input.evaluators?.(parts) ?? [] });
    parts.register(GOAL, { useValue: { node } });
    parts.registerSingleton(StopGuard);
    if (jobs !== undefined) {
      parts.register(JOB_LAUNCH, { useValue: jobs });
      parts.registerSingleton(JobSubmitter);
      parts.registerSingleton(JobBudget);
    }
    parts.register(RUNNER, { useClass: jobs === undefined ? Executor : JobCoordinator });
    // The run that a job works for holds the limits.
    if (node !== undefined) parts.register(SPEC, { useValue: { ...spec, budget: undefined, diskLimit: undefined } });
    const lanes = trainersOf(this.input).map((trainer) => {
      const own = parts.createChildContainer();
      own.register(TRAINER, { useValue: trainer });
      return own.resolve(Lane);
    });
    parts.register(LANES, { useValue: lanes });
    return parts;
  }
}

function noSuchState(state: Digest, numerics: string): BranchlineError {
  const message = `the plan has no state ${state.slice(0, 12)} here: the experiment changed, or this machine gives other bits (${numerics})`;
  return new BranchlineError('plan', { message, remedy: 'Give the run machines of one kind, and run it again.' });
}

/** The trainers of all lanes. Throws a `trainer` error when they do not give the same bits. */
function trainersOf({ trainer, otherTrainers = [] }: KernelParts): readonly Trainer[] {
  const { numerics } = trainer.describe();
  const other = otherTrainers.map((of) => of.describe().numerics).find((of) => of !== numerics);
  if (other === undefined) return [trainer, ...otherTrainers];
  throw new BranchlineError('trainer', { message: `lanes must give the same bits, but have ${numerics} and ${other}` });
}
