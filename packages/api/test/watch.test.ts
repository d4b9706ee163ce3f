/** The state of real runs, from their directories. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunWatch } from '@branchline/watch';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  type BenchOptions,
  bench,
  continual,
  type ExperimentConfig,
  type ExperimentEvent,
  pathSwitching,
  quadratic,
} from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const STRATEGIES = { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] };

/** An experiment of three versions, 16 steps each, in a folder of its own. */
function setUp(more: Partial<ExperimentConfig> = {}) {
  const directory = folder();
  writeTexts(directory);
  const experiment: ExperimentConfig = {
    ...{ ...TINY, trainer: quadratic(), checkpointEvery: 5, strategies: STRATEGIES },
    ...more,
  };
  const options: BenchOptions = { runs: join(directory, 'runs'), directory, name: 'tiny', command: 'bench tiny' };
  return { experiment, options, run: join(directory, 'runs', 'tiny') };
}

it('a finished run has all of its plan, curves with every step, and no time left', async () => {
  const { experiment, options, run } = setUp();
  const { results } = await bench(experiment, options);
  const state = await new RunWatch(run).read();
  expect(state).toMatchObject({ experiment: 'tiny', status: 'finished', lanes: [], currency: results.currency });
  expect(state.results).toEqual(JSON.parse(JSON.stringify(results)));
  expect(state.steps).toEqual({ done: results.actual.steps, planned: results.actual.steps });
  expect(state.curves.flatMap(({ points }) => points)).toHaveLength(results.actual.steps);
  expect(state.cost.spent).toEqual(results.actual);
  expect(state.cost.ahead).toMatchObject({ tokens: 0, steps: 0, flops: 0, deviceSeconds: 0 });
  expect(state).not.toHaveProperty('timeLeft');
  expect(state).not.toHaveProperty('about');
  const live = await readFile(join(run, 'live.jsonl'), 'utf8');
  expect(
    live
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type),
  ).toEqual(expect.arrayContaining(['begin', 'plan', 'steps', 'end']));
});

it('while a run trains, its graph is there before the first release, and what it trained since', async () => {
  const { experiment, options, run } = setUp();
  const watch = new RunWatch(run, { expected: true });
  expect(await watch.read()).toMatchObject({ status: 'planning', steps: { done: 0, planned: 0 } });
  const states: Promise<Awaited<ReturnType<RunWatch['read']>>>[] = [];
  const onEvent = ({ type }: ExperimentEvent) => {
    if (type === 'runStart' || type === 'segmentEnd')
      states.push((states.at(-1) ?? Promise.resolve()).then(() => watch.read()) as never);
  };
  const { results } = await bench(experiment, { ...options, onEvent });
  const [first] = await Promise.all(states);
  expect(first).toMatchObject({ status: 'training', steps: { planned: results.actual.steps } });
  expect(first!.results!.partial).toMatchObject({ of: 6 });
  expect(first!.results!.graph.nodes.length).toBe(results.graph.nodes.length);
  expect(await watch.read()).toMatchObject({ status: 'finished' });
});

it('a run whose live log cannot be written finishes with the same bits, and warns once', async () => {
  const plain = setUp();
  const { results } = await bench(plain.experiment, plain.options);
  const { experiment, options, run } = setUp();
  await mkdir(join(run, 'live.jsonl'), { recursive: true });
  const warnings: string[] = [];
  const onEvent = (event: ExperimentEvent) => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  const other = await bench(experiment, { ...options, onEvent });
  const digests = (of: typeof results) =>
    of.strategies.map(({ releases }) => releases.map((one) => [one.weightsDigest, one.checkpoint, one.loss]));
  expect(digests(other.results)).toEqual(digests(results));
  expect(warnings.filter((text) => text.includes('live.jsonl'))).toHaveLength(1);
  expect(existsSync(join(run, 'results.json'))).toBe(true);
  const state = await new RunWatch(run).read();
  expect(state).toMatchObject({ status: 'finished', steps: { done: results.actual.steps } });
  expect(state.curves.length).toBeGreaterThan(0);
});

it('a run that is killed is killed at once, and the next start continues it', { timeout: 120_000 }, async () => {
  const { experiment, options, run } = setUp();
  const script = fileURLToPath(new URL('slow-run.ts', import.meta.url));
  const args = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register', script, options.directory!];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const watch = new RunWatch(run, { expected: true });
  const trained = async () => {
    const state = await watch.read();
    expect(state.steps.done).toBeGreaterThan(20);
    return state;
  };
  const training = await vi.waitFor(trained, { timeout: 90_000, interval: 100 });
  expect(training).toMatchObject({ status: 'training', lanes: [{ name: 'lane 1' }] });
  expect(training.tokensPerSecond).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await ended;
  const killed = await watch.read();
  expect(killed).toMatchObject({ status: 'killed', lanes: [] });
  expect(killed).not.toHaveProperty('timeLeft');
  expect(killed.about).toContain('bench tiny');
  expect(await new RunWatch(run).read()).toMatchObject({ status: 'killed' });
  // Its trainer was this one, only slower.
  await bench(experiment, options);
  expect(await watch.read()).toMatchObject({ status: 'finished' });
});
