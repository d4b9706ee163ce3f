/** The state of whole runs, while they train and after every way in which they end. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { definePlugin, type PluginUse } from '@branchline/core';
import { branching, continual, scratch, temporaryDirectory } from '@branchline/core/fixtures';
import type { LiveState } from '@branchline/report';
import { describe, expect, it } from 'vitest';
import { markStart, RunWatch } from '../src/index.js';
import { Beats, run, runByJobs, stateWhen } from './run.js';

const strategies = () => ({ scratch: [scratch()], continual: [continual()], branching: [branching()] });

/** Trains on the half with the highest losses after everything. */
const focusing = (): PluginUse =>
  definePlugin({
    name: 'focusing',
    reactive: true,
    onVersion: ({ stepsOfIncrement }) => ({
      steps: stepsOfIncrement - 3,
      forks: ['focus'],
      release: { path: 'focus' },
    }),
    onFork: {
      focus: ({ losses }) => {
        const { sequences, loss } = losses();
        const hardest = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!).slice(0, sequences.length / 2);
        return { steps: 3, data: { use: 'chosen', sequences: hardest.map((index) => sequences[index]!) } };
      },
    },
  })();

const pointsOf = ({ curves }: LiveState) =>
  curves.flatMap(({ track, points }) => points.map(([at]) => `${track} ${at}`));

/** What holds of every state. */
function expectSound(state: LiveState): void {
  const { steps, segments, curves, timeLeft, cost } = state;
  expect(steps.done).toBeLessThanOrEqual(steps.planned);
  const sum = Object.values(segments).reduce((all, { done }) => all + done, 0);
  expect(sum).toBe(steps.done);
  for (const { done, steps: all } of Object.values(segments)) expect(done).toBeLessThanOrEqual(all);
  for (const { points } of curves) {
    const positions = points.map(([position]) => position);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    expect(points.flat().every(Number.isFinite)).toBe(true);
  }
  expect(new Set(pointsOf(state)).size).toBe(pointsOf(state).length);
  // Steps in flight are done, and not paid yet.
  expect(cost.ahead.steps).toBeGreaterThanOrEqual(steps.planned - steps.done);
  expect(cost.ahead.steps).toBeLessThanOrEqual(steps.planned);
  if (timeLeft !== undefined) expect(timeLeft.seconds).toBeGreaterThan(0);
}

/** A finished state that has everything. */
function expectWhole(state: LiveState, results: Awaited<ReturnType<typeof run>>['results']): void {
  expectSound(state);
  const steps = results.graph.edges.reduce((sum, edge) => sum + edge.steps, 0);
  expect(state).toMatchObject({ status: 'finished', steps: { done: steps, planned: steps }, lanes: [] });
  expect(pointsOf(state)).toHaveLength(steps);
  expect(state.results).toEqual(JSON.parse(JSON.stringify(results)));
}

/** Runs and looks at the state at a step; all lanes wait for that. */
async function lookAt(step: number, options: Parameters<typeof run>[0], isWanted: (state: LiveState) => boolean) {
  const directory = options.directory ?? (await temporaryDirectory());
  const beats = new Beats();
  const watch = new RunWatch(directory);
  let seen: Promise<LiveState> | undefined;
  const during = async (count: number) => {
    if (count >= step) await (seen ??= stateWhen(watch, beats, isWanted));
  };
  const outcome = await run({ ...options, directory, beats, during });
  return { state: (await seen)!, watch, ...outcome };
}

describe('a run that trains', () => {
  it('shows its plan, its steps, its releases and its lane', async () => {
    const { state, watch, results } = await lookAt(70, { strategies: strategies() }, ({ results: of, steps }) => {
      return steps.done === 69 && of!.strategies[0]!.releases.length > 0;
    });
    expectSound(state);
    expect(state.cost.spent.steps + state.cost.ahead.steps).toBe(state.steps.planned);
    expect(state).toMatchObject({ experiment: 'toy', status: 'training', currency: results.currency });
    expect(state.results!.graph.nodes.map(({ key }) => key)).toEqual(results.graph.nodes.map(({ key }) => key));
    expect(state.results!.strategies.map(({ paths }) => paths.length)).toEqual(
      results.strategies.map(({ paths }) => paths.length),
    );
    const [release] = state.results!.strategies[0]!.releases;
    expect(release).toMatchObject({ loss: results.strategies[0]!.releases[0]!.loss, seed: 7 });
    expect(state.lanes).toHaveLength(1);
    const [lane] = state.lanes;
    expect(lane).toMatchObject({ name: 'lane 1', seed: 7 });
    expect(lane!.strategies.length).toBeGreaterThan(0);
    expect(lane!.loss).toBeGreaterThan(0);
    expect(pointsOf(state)).toHaveLength(69);
    expectWhole(await watch.read(), results);
  });

  it('shows its whole graph before the first release', async () => {
    const { state, results } = await lookAt(1, { strategies: strategies() }, ({ status }) => status === 'training');
    expectSound(state);
    expect(state).toMatchObject({ steps: { done: 0, planned: results.actual.steps }, segments: {} });
    expect(state.results!.partial).toMatchObject({ releases: 0, of: 12 });
    expect(state.results!.graph.nodes.map(({ key }) => key)).toEqual(results.graph.nodes.map(({ key }) => key));
    expect(state).not.toHaveProperty('timeLeft');
  });

  it('shows all lanes and seeds', async () => {
    const options = { strategies: strategies(), lanes: 2, change: { seeds: [7, 8] } };
    const { state, watch, results } = await lookAt(40, options, ({ lanes }) => {
      return lanes.length === 2 && lanes.every(({ strategies: of }) => of.length > 0);
    });
    expectSound(state);
    expect(state.lanes.map(({ name }) => name)).toEqual(['lane 1', 'lane 2']);
    expectWhole(await watch.read(), results);
  });

  it('that plans further meanwhile has the new plan', async () => {
    const { state, watch, results } = await lookAt(
      60,
      { strategies: { continual: [continual()], focusing: [focusing()] } },
      ({ steps }) => steps.done >= 50,
    );
    expectSound(state);
    expect(state.status).toBe('training');
    expectWhole(await watch.read(), results);
  });

  it('without a live log is training, with what the ledger has', async () => {
    const directory = await temporaryDirectory();
    const seen: LiveState[] = [];
    const during = async (step: number) => {
      if (step === 80) seen.push(await new RunWatch(directory).read());
    };
    const { results } = await run({ strategies: strategies(), directory, during, isLogged: false });
    expect(seen[0]).toMatchObject({ status: 'training' });
    expectSound(seen[0]!);
    expect(seen[0]!.steps.done).toBeGreaterThan(0);
    const state = await new RunWatch(directory).read();
    expectSound(state);
    expect(state).toMatchObject({ status: 'finished', steps: { done: results.actual.steps } });
    expect(state.curves.length).toBeGreaterThan(0);
  });
});

describe('a run that is prepared', () => {
  it('is planning, also if an earlier start finished, and ceases to be', async () => {
    const directory = join(await temporaryDirectory(), 'run');
    const watch = new RunWatch(directory);
    const unmark = await markStart(directory);
    expect(await watch.read()).toMatchObject({ status: 'planning', steps: { done: 0, planned: 0 } });
    await unmark();
    await unmark();
    // Nothing is left of a start that was refused.
    expect(existsSync(directory)).toBe(false);
    await run({ strategies: strategies(), directory });
    expect(await watch.read()).toMatchObject({ status: 'finished' });
    const again = await markStart(directory);
    expect(await watch.read()).toMatchObject({ status: 'planning' });
    await again();
    expect(await watch.read()).toMatchObject({ status: 'finished' });
  });

  it('is killed if its process is gone', async () => {
    const directory = await temporaryDirectory();
    await markStart(directory);
    const path = join(directory, 'starting.json');
    const mark = JSON.parse(readFileSync(path, 'utf8')) as { process: { started?: string; pid: number } };
    // No process has this number.
    mark.process = { ...mark.process, pid: 2 ** 30 };
    writeFileSync(path, JSON.stringify(mark));
    expect(await new RunWatch(directory).read()).toMatchObject({ status: 'killed' });
  });
});

describe('a run that stops', () => {
  it('says so, and continues before the eyes of the same watch', async () => {
    const directory = await temporaryDirectory();
    const watch = new RunWatch(directory);
    const stop = new AbortController();
    const during = async (step: number) => {
      if (step === 30) stop.abort();
    };
    await expect(run({ strategies: strategies(), directory, during, signal: stop.signal })).rejects.toThrow();
    const stopped = await watch.read();
    expectSound(stopped);
    expect(stopped).toMatchObject({ status: 'stopped', steps: { done: 30 }, lanes: [] });
    expect(stopped.about).toMatch(/stored\n *To continue: /);
    expect(stopped).not.toHaveProperty('timeLeft');
    const { results } = await run({ strategies: strategies(), directory });
    expectWhole(await watch.read(), results);
    expectWhole(await new RunWatch(directory).read(), results);
  });

  it('by its budget says so', async () => {
    const directory = await temporaryDirectory();
    const change = { budget: { tokens: 1_000 } };
    await expect(run({ strategies: strategies(), directory, change, startAnyway: true })).rejects.toThrow('budget');
    const state = await new RunWatch(directory).read();
    expect(state).toMatchObject({ status: 'stopped', steps: { done: 25 } });
    expect(state.about).toContain('budget');
  });

  it('knows from what it trained before how long the rest takes', async () => {
    const directory = await temporaryDirectory();
    const stop = new AbortController();
    const during = async (step: number) => {
      await sleep(2);
      if (step === 30) stop.abort();
    };
    await expect(run({ strategies: strategies(), directory, during, signal: stop.signal })).rejects.toThrow();
    const options = { strategies: strategies(), directory };
    const { state } = await lookAt(1, options, ({ status }) => status === 'training');
    expect(state.timeLeft).toMatchObject({ from: 'earlier entries' });
    // Each of so many steps took two milliseconds at least.
    const missing = state.steps.planned - state.steps.done;
    expect(state.timeLeft!.seconds).toBeGreaterThan(0.001 * missing);
    expect(state.timeLeft!.seconds).toBeLessThan(missing);
    expect(state.cost.ahead.deviceSeconds).toBeGreaterThan(0.001 * missing);
  });

  it('without a live log is stopped', async () => {
    const directory = await temporaryDirectory();
    const stop = new AbortController();
    const during = async (step: number) => {
      if (step === 60) stop.abort();
    };
    const options = { strategies: strategies(), directory, during, signal: stop.signal, isLogged: false };
    await expect(run(options)).rejects.toThrow();
    const state = await new RunWatch(directory).read();
    expectSound(state);
    expect(state.status).toBe('stopped');
  });
});

describe('curves', () => {
  it('of records have the losses and nearly the rates that were trained', async () => {
    const directory = await temporaryDirectory();
    await run({ strategies: strategies(), directory });
    const live = await new RunWatch(directory).read();
    // A second start trains nothing: its log has no step.
    await run({ strategies: strategies(), directory });
    const stored = await new RunWatch(directory).read();
    expect(stored.curves.map(({ track }) => track)).toEqual(live.curves.map(({ track }) => track));
    for (const [index, { points }] of stored.curves.entries()) {
      for (const [at, [position, loss, rate]] of points.entries()) {
        const [itsPosition, itsLoss, itsRate] = live.curves[index]!.points[at]!;
        expect(position).toBe(itsPosition);
        expect(loss / itsLoss).toBeCloseTo(1, 4);
        // Half a percent of the peak: curved rates are polylines.
        expect(rate).toBeCloseTo(itsRate, 4);
      }
    }
  });
});

describe('a run with failures', () => {
  it('is failed, with the error, if some strategies lack releases', async () => {
    const directory = await temporaryDirectory();
    const beforeStep = (made: number) => {
      if (made === 45) throw new Error('out of memory');
    };
    const { results, failures } = await run({ strategies: strategies(), directory, beforeStep });
    expect(failures.length).toBeGreaterThan(0);
    const state = await new RunWatch(directory).read();
    expectSound(state);
    expect(state).toMatchObject({ status: 'failed', lanes: [] });
    expect(state.about).toContain('out of memory');
    expect(state.messages.at(-1)).toMatchObject({ level: 'error' });
    expect(state.messages.filter(({ text }) => text.includes('out of memory')).length).toBeGreaterThan(1);
    expect(state.results!.failures).toEqual(JSON.parse(JSON.stringify(results.failures)));
  });

  it('is failed if all do', async () => {
    const directory = await temporaryDirectory();
    const beforeStep = () => {
      throw new Error('no device');
    };
    await expect(run({ strategies: strategies(), directory, beforeStep })).rejects.toThrow('no device');
    const state = await new RunWatch(directory).read();
    expect(state.status).toBe('failed');
    expect(state.about).toContain('no device');
  });
});

describe('a run by jobs', () => {
  it('counts each step once, and shows its jobs', async () => {
    const directory = await temporaryDirectory();
    const watch = new RunWatch(directory);
    const beats = new Beats();
    let seen: Promise<LiveState> | undefined;
    const during = async (step: number) => {
      if (step < 40) return;
      await (seen ??= stateWhen(watch, beats, ({ lanes }) => lanes.some(({ strategies: of }) => of.length > 0)));
    };
    const { results } = await runByJobs({ strategies: strategies(), directory, beats, during });
    const state = (await seen)!;
    expectSound(state);
    expect(state.status).toBe('training');
    expect(state.lanes[0]!.name).toMatch(/^job [0-9a-f]{8} on /);
    expectWhole(await watch.read(), results);
  });
});

describe('what is no run', () => {
  it('is refused with what it is', async () => {
    const folder = await temporaryDirectory();
    await expect(new RunWatch(join(folder, 'nowhere')).read()).rejects.toMatchObject({
      ...{ code: 'config', problems: [{ message: `there is no run directory ${join(folder, 'nowhere')}` }] },
    });
    await expect(new RunWatch(folder).read()).rejects.toThrow('is no run directory, and has none');
    await mkdir(join(folder, 'one', 'plans'), { recursive: true });
    await mkdir(join(folder, '.data', 'plans'), { recursive: true });
    await expect(new RunWatch(folder).read()).rejects.toThrow(
      `is a folder of runs, not a run directory\n    Name one of them: ${join(folder, 'one')}.`,
    );
    await writeFile(join(folder, 'file'), '');
    await expect(new RunWatch(join(folder, 'file')).read()).rejects.toThrow('is a file, not a run directory');
    // It is about to be made.
    expect(await new RunWatch(join(folder, 'nowhere'), { expected: true }).read()).toMatchObject({
      status: 'planning',
      curves: [],
    });
  });
});

describe('files that are not whole', () => {
  it('give a state all the same', async () => {
    const directory = await temporaryDirectory();
    const { results } = await run({ strategies: strategies(), directory });
    for (const file of ['live.jsonl', 'ledger.jsonl', 'results.json']) {
      await truncate(join(directory, file), 1_000);
      expectSound(await new RunWatch(directory).read());
    }
    for (const file of ['live.jsonl', 'results.json']) await rm(join(directory, file));
    expectSound(await new RunWatch(directory).read());
    const again = await run({ strategies: strategies(), directory });
    expectWhole(await new RunWatch(directory).read(), { ...again.results });
    expect(again.results.strategies).toEqual(results.strategies);
  });
});
