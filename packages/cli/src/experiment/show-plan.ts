/** Plans an experiment, shows the plan, and leaves nothing behind. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PastTraining, prepareExperiment, summarizePlan } from '@branchline/api/internal';
import { Ledger, planExperiment } from '@branchline/core';
import { EXIT } from '../exit-codes.js';
import { planText } from '../ui/plan-text.js';
import { Progress } from '../ui/progress.js';
import { styleFor } from '../ui/style.js';
import { listenForInterrupt } from './interrupt.js';
import { type ExperimentArguments, readExperiment } from './read.js';

/** Arguments of `plan`. */
export interface PlanArguments extends ExperimentArguments {
  readonly runs: string;
  readonly explain: boolean;
  readonly json: boolean;
}

/** Prints the plan. Prepared text is kept only where earlier runs keep theirs; elsewhere nothing is written. */
export async function showPlan(args: PlanArguments): Promise<void> {
  const experiment = await readExperiment(args);
  const progress = new Progress();
  const { signal, stop } = listenForInterrupt(() => progress.line('Stopping.'));
  const cache = join(args.runs, '.data');
  const temporary = existsSync(cache) ? undefined : await mkdtemp(join(tmpdir(), 'branchline-plan-'));
  try {
    progress.phase('reading text');
    const options = { cacheDirectory: temporary ?? cache, signal, onProgress: progress.onData };
    const { data, tasks, model } = await prepareExperiment(experiment, options);
    progress.phase('planning');
    const log = (level: 'info' | 'warn', message: string) =>
      level === 'warn' ? progress.warn(message) : progress.line(message);
    // The trainer's numerics decide keys and nothing that is shown, so no trainer is loaded.
    const plan = await planExperiment({ spec: experiment.spec, model, data, numerics: '', log });
    data.close();
    progress.done();
    const before = await trainedBefore(join(args.runs, experiment.spec.name, 'ledger.jsonl'));
    const summary = summarizePlan(plan, experiment, model, { tasks, explain: args.explain, before });
    const text = args.json ? JSON.stringify(summary, null, 2) : planText(summary, styleFor(process.stdout));
    process.stdout.write(`${text}\n`);
    if (summary.failures.length > 0) process.exitCode = EXIT.strategy;
    else if (summary.disk.fits === false) process.exitCode = EXIT.config;
    else if (summary.budget.some(({ fits }) => fits === false)) process.exitCode = EXIT.budget;
  } finally {
    stop();
    progress.done();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** What was trained here before, from a ledger that another process may be writing; undefined when nothing was. */
async function trainedBefore(file: string): Promise<PastTraining | undefined> {
  const trained = (await Ledger.read(file)).filter(({ kind }) => kind === 'train');
  const last = trained.at(-1);
  const seconds = trained.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0);
  if (last === undefined || seconds === 0) return undefined;
  const tokensPerSecond = trained.reduce((sum, { tokens }) => sum + tokens, 0) / seconds;
  return { tokensPerSecond, perHour: last.price?.perHour ?? null, watts: last.power?.watts ?? null };
}
