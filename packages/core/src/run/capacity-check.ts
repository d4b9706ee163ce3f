import { inject, injectable } from '../di.js';
import { BranchlineError, formatProblem } from '../errors.js';
import { longestSegment, type Operation } from '../graph/operations.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { type ExperimentPlan, PLAN, targetsOf } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { MODEL, type ModelDescription, TRAINER, type Trainer } from '../trainer/trainer.js';
import { needsSpeed, secondsPerFlop, tooSmall } from './budget-check.js';
import { forecastDisk } from './disk-forecast.js';
import type { EvaluationWork } from './evaluator.js';
import { RunEmitter } from './events.js';
import type { KeptForOthers } from './retention.js';
import { diskTooSmall } from './run-errors.js';
import { RUN_OPTIONS, type RunOptions } from './run-options.js';
import { secondsPerStep } from './speed.js';

/** Checks before the first step whether the remaining work fits the budget and the disk limit. */
@injectable()
export class CapacityCheck {
  constructor(
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(RUN_OPTIONS) private readonly options: RunOptions,
    @inject(RunEmitter) private readonly events: RunEmitter,
  ) {}

  /** Tokens per training step. */
  get tokensPerStep(): number {
    return this.spec.batch * this.model.context;
  }

  /**
   * Throws a BranchlineError with code `budget` or `config` that says what is too small. A budget that is too small
   * only by a rough estimate, or when the run is started anyway, is a warning: it stops the run when it is used up.
   */
  async assertCapacity(
    operations: readonly Operation[],
    evaluations: readonly EvaluationWork[],
    kept: KeptForOthers,
  ): Promise<void> {
    const { spec, plan, run, ledgerWriter, trainer, model, options } = this;
    if (spec.diskLimit !== undefined) {
      const { parameters } = model;
      const { least } = forecastDisk({
        graph: plan.graph,
        targets: targetsOf(plan),
        store: run.store,
        parameters,
        kept,
      });
      if (least > spec.diskLimit) throw diskTooSmall(least, spec.diskLimit);
    }
    if (spec.budget === undefined) return;
    const { tokensPerStep } = this;
    const segment = longestSegment(operations);
    let speed = secondsPerFlop(ledgerWriter, trainer.describe().device);
    if (speed === undefined && segment !== undefined && needsSpeed(spec.budget)) {
      const flops = Number(ledgerWriter.flopsOf(tokensPerStep));
      const { likely, fastest } = await secondsPerStep(trainer, segment, plan.orders, spec.batch);
      speed = { likely: likely / flops, fastest: fastest / flops };
    }
    const small = tooSmall(spec.budget, { plan, operations, tokensPerStep, evaluations }, ledgerWriter, speed);
    const startAnyway = options.startAnyway === true;
    if (small.certain.length > 0 && !startAnyway) throw new BranchlineError('budget', small.certain);
    for (const { remedy: _, ...problem } of small.certain) {
      const remedy = 'The run stops with everything stored when the budget is used up.';
      this.events.emit('warning', formatProblem({ ...problem, remedy }));
    }
    for (const problem of small.likely) this.events.emit('warning', formatProblem(problem));
  }
}
