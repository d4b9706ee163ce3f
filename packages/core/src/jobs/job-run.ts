import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { Executor } from '../run/executor.js';
import { GOAL, type Goal } from '../run/goal.js';
import { LossMeasurer } from '../run/measure.js';
import { RunFailures } from '../run/run-failures.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';

/** Makes one state of a plan, evaluates it if it is released, and measures what reactive strategies ask about it. */
@injectable()
export class JobRun {
  constructor(
    @inject(Executor) private readonly executor: Executor,
    @inject(LossMeasurer) private readonly measurer: LossMeasurer,
    @inject(RunFailures) private readonly failures: RunFailures,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(GOAL) private readonly goal: Goal,
  ) {}

  /** Throws the first failure; what was trained before it is stored. */
  async make(): Promise<void> {
    const { executor, failures, run, plan } = this;
    const node = this.goal.node!;
    await executor.run();
    const open = plan.open.filter((strategy) => strategy.node === node);
    failures.add(...(await this.measurer.measure(open)).failures);
    const [failure] = failures.all;
    if (failure !== undefined) throw failure.error;
    if (run.store.has(node.key)) return;
    const message = `the state at step ${node.position} could not be made: what it is made from is not stored`;
    throw new BranchlineError('store', { message, remedy: 'Run the same command again: it makes what is missing.' });
  }
}
