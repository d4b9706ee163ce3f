/** `plan`: reads arguments, calls the API and prints the plan. */
import { type PlanSummary, plan, planAtScale } from '@branchline/api';
import { EXIT } from '../exit-codes.js';
import { stackText } from '../ui/failure.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { planText } from '../ui/plan-text.js';
import { Progress } from '../ui/progress.js';
import { scaleText } from '../ui/scale-text.js';
import { styleFor } from '../ui/style.js';
import type { ExperimentArguments } from './arguments.js';
import { readExperiment } from './read.js';

/** Arguments of `plan`. */
export interface PlanArguments extends ExperimentArguments {
  readonly runs: string;
  readonly explain: boolean;
  readonly why: boolean;
  readonly reuseFromOtherProcessors: boolean;
  readonly json: boolean;
  /** Prints the stacks of errors. */
  readonly debug?: boolean;
}

/** The exit code of a plan; undefined if nothing speaks against starting it. */
export function exitCodeOf({ failures, disk, warnings, budget }: PlanSummary): number | undefined {
  if (failures.length > 0) return EXIT.strategy;
  if (disk.fits === false || warnings.some(({ refuses }) => refuses)) return EXIT.config;
  return budget.some(({ fits }) => fits === false) ? EXIT.budget : undefined;
}

/** Prints the plan at a scale. Sets `process.exitCode` if a strategy failed. */
export async function showScale(args: PlanArguments & { readonly scale: string }): Promise<void> {
  const { experiment, ...options } = await readExperiment(args);
  const planned = await planAtScale(experiment, args.scale, options);
  const text = args.json ? JSON.stringify(planned, null, 2) : scaleText(planned, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
  if (planned.failures.length > 0) process.exitCode = EXIT.strategy;
}

/** Prints the plan. Sets `process.exitCode` if a strategy failed, or if disk or budget do not suffice. */
export async function showPlan(args: PlanArguments): Promise<void> {
  const { experiment, ...options } = await readExperiment(args);
  const progress = new Progress();
  const { signal, stop } = listenForInterrupt(() => progress.line('Stopping.'));
  try {
    const { runs, explain, reuseFromOtherProcessors } = args;
    const shown = { runs, explain, reuseFromOtherProcessors, signal, onEvent: progress.onEvent };
    const summary = await plan(experiment, { ...options, ...shown });
    progress.done();
    const text = args.json ? JSON.stringify(summary, null, 2) : planText(summary, styleFor(process.stdout), args);
    process.stdout.write(`${text}\n`);
    if (args.debug === true) for (const { error } of summary.failures) process.stderr.write(`\n${stackText(error)}\n`);
    process.exitCode = exitCodeOf(summary);
  } finally {
    stop();
    progress.done();
  }
}
