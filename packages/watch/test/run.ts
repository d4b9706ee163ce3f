/** Toy runs with a live log whose timers the test beats. */
import { type JobLaunch, jobFolder, type PluginUse, RunEmitter } from '@branchline/core';
import { model, ToyTrainer, temporaryDirectory, toyData, toySpec } from '@branchline/core/fixtures';
import { type ComparedExperimentSpec, createExperiment } from '@branchline/evaluation';
import { InProcessQueue, Lost } from '@branchline/evaluation/test/in-process-queue.js';
import { vi } from 'vitest';
import { LiveLog, type RunWatch, type Timing } from '../src/index.js';

/** The clock of the machine, because a lock has its times; timers beat when the test says so. */
export class Beats implements Timing {
  readonly #work = new Set<() => void>();
  readonly now = Date.now;

  readonly every = (_: number, work: () => void): (() => void) => {
    this.#work.add(work);
    return () => void this.#work.delete(work);
  };

  beat(): void {
    for (const work of this.#work) work();
  }
}

export interface ToyRun {
  readonly strategies: Readonly<Record<string, readonly PluginUse[]>>;
  readonly directory?: string;
  readonly lanes?: number;
  readonly change?: Partial<ComparedExperimentSpec>;
  readonly signal?: AbortSignal;
  readonly startAnyway?: boolean;
  /** Awaited in every step, with their number. */
  readonly during?: (step: number) => Promise<void>;
  readonly beforeStep?: (made: number) => void;
  /** Whether it has a live log. Default true. */
  readonly isLogged?: boolean;
  readonly beats?: Beats;
  readonly jobs?: JobLaunch;
  readonly data?: ReturnType<typeof toyData>;
}

/** Plans and runs; the live log is attached as `bench` attaches it. */
export async function run({ isLogged = true, beats = new Beats(), ...options }: ToyRun) {
  const { directory = await temporaryDirectory(), lanes = 1, data = toyData() } = options;
  let steps = 0;
  const during = async () => options.during?.(++steps);
  const trainer = new ToyTrainer({ during, beforeStep: options.beforeStep });
  const events = new RunEmitter();
  const warnings: string[] = [];
  events.on('warning', (message) => warnings.push(message));
  const spec = toySpec(options.strategies, options.change);
  const about = { experiment: spec.name, command: 'bench toy', device: 'cpu', lanes: options.jobs ? 0 : lanes };
  let live: LiveLog | undefined;
  const experiment = createExperiment({
    ...{ spec, model, data, trainer, directory, events, jobs: options.jobs },
    otherTrainers: Array.from({ length: lanes - 1 }, () => trainer),
    beforeTraining: async (plan, soFar) => {
      if (!isLogged) return;
      live ??= new LiveLog({ directory, events, timing: beats, ...about });
      await live.attach(plan, soFar);
    },
    afterRun: async (outcome) => live?.finish(outcome?.failures),
  });
  const plan = await experiment.plan();
  try {
    const { signal, startAnyway } = options;
    const outcome = await experiment.run(plan, { command: 'bench toy', signal, startAnyway });
    return { ...outcome, directory, warnings, plan };
  } catch (error) {
    await live?.fail(error);
    throw error;
  } finally {
    await live?.close();
  }
}

/** Runs by jobs, two at a time, each with a live log of its own. */
export async function runByJobs({ beats = new Beats(), ...options }: ToyRun) {
  const { directory = await temporaryDirectory(), data = toyData() } = options;
  const spec = toySpec(options.strategies, options.change);
  let steps = 0;
  const work = async (state: string, signal: AbortSignal) => {
    const trainer = new ToyTrainer({ during: async () => options.during?.(++steps) });
    const events = new RunEmitter();
    const job = createExperiment({ spec, model, data, trainer, directory, events });
    const about = { experiment: 'toy', command: '', device: 'cpu', lanes: 1 };
    const live = new LiveLog({ directory: jobFolder(directory, state), events, timing: beats, ...about });
    const plan = await job.plan();
    live.attachJob(plan, state);
    try {
      await job.job(plan, state, { signal });
      await live.finish([]);
    } finally {
      await live.close();
    }
  };
  const queue = new InProcessQueue(directory, work);
  const jobs = { queue, command: (state: string) => [state], pollSeconds: 0.01 };
  const beforeStep = () => {
    throw new Lost();
  };
  const { during: _, ...rest } = options;
  return run({ ...rest, directory, data, beats, jobs, beforeStep }).finally(() => queue.drain());
}

/** Beats until the state is as wanted, for some seconds. */
export function stateWhen(
  watch: RunWatch,
  beats: Beats,
  isWanted: (state: Awaited<ReturnType<RunWatch['read']>>) => boolean,
) {
  return vi.waitFor(
    async () => {
      beats.beat();
      const state = await watch.read();
      if (!isWanted(state)) throw new Error(`is ${JSON.stringify(state.steps)}, ${state.status}`);
      return state;
    },
    { timeout: 20_000, interval: 5 },
  );
}
