/** A run by jobs ends as a run in one process does, whatever ends a job, the queue or the coordinator. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, definePlugin, jobFolders, Ledger, type PluginUse } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  model,
  scratch,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
} from '@branchline/core/fixtures';
import { describe, expect, it } from 'vitest';
import { createExperiment } from '../src/index.js';
import { InProcessQueue, Lost } from './in-process-queue.js';
import { damage, digests, names, type RunOptions, run } from './run.js';

const strategies = (): Readonly<Record<string, readonly PluginUse[]>> => ({
  scratch: [scratch()],
  continual: [continual()],
  branching: [branching()],
  averaging: [averaging()],
  both: [branching(), averaging(3, 1)],
});

interface JobOptions extends RunOptions {
  readonly strategies?: Readonly<Record<string, readonly PluginUse[]>>;
  readonly mostJobs?: number;
  /** Called before each step of a job. */
  readonly beforeStep?: (state: string, made: number) => void;
  /** Called when a job was submitted. */
  readonly onSubmit?: (queue: InProcessQueue) => void;
}

/** Runs by jobs, each with a trainer of its own; the coordinator's trainer refuses to work. */
async function runByJobs(options: JobOptions = {}) {
  const { directory = await temporaryDirectory(), data = toyData(), change, beforeStep } = options;
  let made = 0;
  const spec = toySpec(options.strategies ?? strategies(), change);
  const work = async (state: string, signal: AbortSignal) => {
    const trainer = new ToyTrainer({ beforeStep: (count) => beforeStep?.(state, count) });
    const job = createExperiment({ spec, model, data, trainer, directory });
    try {
      await job.job(await job.plan(), state, { signal });
    } finally {
      made += trainer.made;
      expect(trainer.alive).toBe(0);
    }
  };
  const queue = new InProcessQueue(directory, work, { mostJobs: options.mostJobs });
  const command = (state: string) => {
    options.onSubmit?.(queue);
    return [state];
  };
  const refuse = () => {
    throw new Error('the coordinator trains nothing');
  };
  const { directory: _, strategies: __, beforeStep: ___, ...rest } = options;
  const trainer = new ToyTrainer({ beforeStep: refuse });
  const jobs = { queue, command, pollSeconds: 0.01 };
  const finished = run(options.strategies ?? strategies(), { ...rest, directory, data, trainer, jobs });
  const outcome = await finished.catch(async (error: unknown) => {
    await queue.drain();
    if (error instanceof BranchlineError) return error;
    throw error;
  });
  return { outcome, queue, directory, made: () => made };
}

/** A run by jobs that must finish. */
async function finish(options: JobOptions = {}) {
  const { outcome, ...rest } = await runByJobs(options);
  if (outcome instanceof BranchlineError) throw outcome;
  return { ...rest, ...outcome };
}

const amounts = async (directory: string) =>
  (await Ledger.read(join(directory, 'ledger.jsonl')))
    .map(({ id, kind, from, to, steps, tokens, flops }) => [id, kind, from, to, steps, tokens, flops])
    .sort();

const alone = run(strategies());

describe('a run by jobs', () => {
  it('has the releases, keys and ledger of a run in one process, and leaves no job folder', async () => {
    const { results, directory } = await alone;
    const jobs = await finish();
    expect(digests(jobs.results)).toEqual(digests(results));
    expect(jobs.results.graph).toEqual(results.graph);
    expect(await amounts(jobs.directory)).toEqual(await amounts(directory));
    expect((await readdir(join(jobs.directory, 'checkpoints'))).sort()).toEqual(
      (await readdir(join(directory, 'checkpoints'))).sort(),
    );
    expect(jobs.made()).toBe(results.actual.steps);
    expect(jobs.warnings).toEqual([]);
    expect(await jobFolders(jobs.directory)).toEqual([]);
    // Each segment is submitted once, most of them before their parents have ended.
    const { length } = jobs.plan.graph.segments();
    const made = jobs.queue.submitted.map(({ command }) => command.at(-1)!);
    expect(new Set(made).size).toBe(made.length);
    expect(made.length).toBeGreaterThanOrEqual(length);
    expect(jobs.queue.submitted.filter(({ after }) => after.length > 0).length).toBeGreaterThan(length / 2);
  });

  it('keeps few jobs in the queue if it is asked to', async () => {
    const { results } = await alone;
    const jobs = await finish({ mostJobs: 1 });
    expect(digests(jobs.results)).toEqual(digests(results));
    expect(jobs.queue.submitted.every(({ after }) => after.length === 0)).toBe(true);
  });

  it('continues a job whose machine went away, from its last checkpoint', async () => {
    const { results } = await alone;
    const lost = new Set<string>();
    const jobs = await finish({
      beforeStep: (state, made) => {
        if (made < 4 || lost.has(state) || lost.size > 2) return;
        lost.add(state);
        throw new BranchlineError('store', { message: 'gone' }, { cause: new Lost() });
      },
    });
    expect(lost.size).toBe(3);
    expect(digests(jobs.results)).toEqual(digests(results));
    expect(jobs.results.actual.steps).toBe(results.actual.steps);
    // At most the steps since the last checkpoint of each.
    expect(jobs.made() - results.actual.steps).toBeLessThanOrEqual(3 * 3);
    expect(jobs.warnings.filter((warning) => warning.includes('submitted again'))).toHaveLength(3);
  });

  it('survives its coordinator: the next one takes over what jobs stored meanwhile', async () => {
    const { results, directory: undisturbed } = await alone;
    const directory = await temporaryDirectory();
    const controller = new AbortController();
    let submitted = 0;
    const onSubmit = () => {
      if (++submitted === 6) controller.abort();
    };
    const stopped = await runByJobs({ directory, signal: controller.signal, onSubmit });
    expect(stopped.outcome).toMatchObject({ code: 'interrupted' });
    expect((stopped.outcome as Error).message).toMatch(/jobs continue in the queue .*stop \d/);
    // Its jobs ended after it.
    expect((await jobFolders(directory)).length).toBeGreaterThan(0);
    const next = await finish({ directory });
    expect(digests(next.results)).toEqual(digests(results));
    expect(stopped.made() + next.made()).toBe(results.actual.steps);
    expect(await amounts(directory)).toEqual(await amounts(undisturbed));
  });

  it('is finished by a run in one process, which takes over what jobs stored', async () => {
    const { results } = await alone;
    const directory = await temporaryDirectory();
    const controller = new AbortController();
    const beforeStep = (_: string, made: number) => {
      if (made === 5) controller.abort();
    };
    const stopped = await runByJobs({ directory, signal: controller.signal, beforeStep });
    expect(stopped.outcome).toMatchObject({ code: 'interrupted' });
    const trainer = new ToyTrainer();
    const last = await run(strategies(), { directory, trainer });
    expect(digests(last.results)).toEqual(digests(results));
    expect(stopped.made() + trainer.made).toBe(results.actual.steps);
    expect(await jobFolders(directory)).toEqual([]);
  });

  it('loses a strategy whose training fails, and no other', async () => {
    let failed: string | undefined;
    const { results, failures } = await finish({
      beforeStep: (state, made) => {
        if (made < 10) return;
        failed ??= state;
        if (failed === state) throw new RangeError('loss is NaN');
      },
    });
    const lost = new Set(failures.flatMap(({ strategies: of }) => of));
    expect(failures[0]!.error.message).toContain('loss is NaN');
    expect(names(results)).toEqual(Object.keys(strategies()).filter((name) => !lost.has(name)));
    const { results: whole } = await alone;
    expect(digests(results)).toEqual(digests(whole).filter((_, index) => !lost.has(names(whole)[index]!)));
  });

  it('gives up on a job that ends again and again, with the place of its output', async () => {
    let first: string | undefined;
    const { outcome, made } = await runByJobs({
      strategies: { continual: [continual()] },
      beforeStep: (state) => {
        first ??= state;
        if (state === first) throw new BranchlineError('store', { message: 'gone' }, { cause: new Lost() });
      },
    });
    expect((outcome as Error).message).toMatch(/on .*: gone|left the queue 3 times/);
    expect(made()).toBe(0);
  });

  it('makes a damaged checkpoint again that a job could not read', async () => {
    const directory = await temporaryDirectory();
    const first = await run({ branching: [branching()] }, { directory });
    const fork = first.plan.graph.nodes().find((node) => node.outgoing.length > 1)!;
    await damage(directory, fork.key);
    const more = { branching: [branching()], early: [branching(0.5)], averaging: [branching(), averaging(2, 1)] };
    const again = await finish({ strategies: more, directory });
    expect(digests(again.results)).toEqual(digests((await run(more)).results));
  });

  it('submits what a reactive strategy decides, and measures in jobs what it asks for', async () => {
    const hardest = definePlugin({
      name: 'hardest',
      reactive: true,
      onVersion: ({ stepsOfIncrement }) => ({
        steps: stepsOfIncrement - 5,
        forks: ['focus'],
        release: { path: 'focus' },
      }),
      onFork: {
        focus: ({ losses }) => {
          const { sequences, loss } = losses();
          const order = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!);
          const chosen = order.slice(0, sequences.length / 2).map((index) => sequences[index]!);
          return { steps: 3, at: 5, data: { use: 'chosen', sequences: chosen } };
        },
      },
    });
    const reactive = { continual: [continual()], hardest: [hardest()] };
    const { results, directory } = await run(reactive);
    const jobs = await finish({ strategies: reactive });
    expect(digests(jobs.results)).toEqual(digests(results));
    expect(await amounts(jobs.directory)).toEqual(await amounts(directory));
  });

  it('holds a budget, and continues with a larger one', async () => {
    const { results } = await alone;
    const { tokens } = results.actual;
    const directory = await temporaryDirectory();
    const budget = { tokens: Math.floor(tokens / 2) };
    const { outcome } = await runByJobs({ directory, startAnyway: true, change: { budget } });
    expect(outcome instanceof BranchlineError && outcome.code).toBe('budget');
    const spent = (await Ledger.read(join(directory, 'ledger.jsonl'))).reduce(
      (sum, entry) => sum + (entry.kind === 'train' ? entry.tokens : 0),
      0,
    );
    expect(spent).toBeLessThanOrEqual(budget.tokens);
    expect(spent).toBeGreaterThan(0);
    const enough = await finish({ directory, change: { budget: { tokens } } });
    expect(digests(enough.results)).toEqual(digests(results));
    expect(enough.results.actual.steps).toBe(results.actual.steps);
  });
});
