/** The live log as a file: what it takes, what it keeps, and what happens when it cannot be written. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExperimentPlan, RunEmitter, type Segment } from '@branchline/core';
import { branching, continual, scratch, temporaryDirectory, toyKernel } from '@branchline/core/fixtures';
import { beforeAll, expect, it } from 'vitest';
import { LiveView } from '../state/live-view.js';
import { Tail } from '../state/tail.js';
import { LIVE_LOG, parseLine } from './format.js';
import { LiveLog, MOST_BYTES, type Timing } from './live-log.js';
import { MOST_POINTS } from './segment-book.js';

/** A clock that stands still until the test moves it, and timers that follow it. */
class Clock implements Timing {
  time = 1_800_000_000_000;
  #work: (() => void) | undefined;
  readonly now = () => this.time;
  readonly every = (_: number, work: () => void) => {
    this.#work = work;
    return () => {
      this.#work = undefined;
    };
  };

  /** A second passes. */
  second(): void {
    this.time += 1_000;
    this.#work?.();
  }
}

let plan: ExperimentPlan;
beforeAll(async () => {
  const strategies = { scratch: [scratch()], continual: [continual()], branching: [branching()] };
  plan = await toyKernel(strategies, 'nowhere').plan();
});

/** A plan with so many segments of so many steps. */
function longPlan(segments: number, steps: number): ExperimentPlan {
  const [like] = plan.graph.segments();
  const long = Array.from({ length: segments }, (_, index): Segment => {
    const key = index.toString(16).padStart(64, '0');
    const to = { ...like!.to, key, position: steps };
    const segment = { ...like!, steps, to };
    to.incoming = segment;
    return segment;
  });
  const graph = { basis: plan.graph.basis, segments: () => long, nodes: () => long.map(({ to }) => to) };
  return { ...plan, graph: graph as unknown as ExperimentPlan['graph'], strategies: [], open: [] };
}

/** A log that follows a plan, without results. */
async function begun(of: ExperimentPlan, soFar = async () => undefined as never) {
  const folder = await temporaryDirectory();
  const { log, ...others } = made(folder);
  await log.attach(of, soFar);
  return { log, ...others };
}

function made(folder: string) {
  const events = new RunEmitter();
  const warnings: string[] = [];
  events.on('warning', (message) => warnings.push(message));
  const clock = new Clock();
  const about = { experiment: 'toy', command: 'bench toy', device: 'cpu', lanes: 1 };
  const log = new LiveLog({ directory: folder, events, timing: clock, ...about });
  return { log, events, warnings, clock, path: join(folder, LIVE_LOG), directory: folder };
}

const step = (events: RunEmitter, segment: Segment, index: number) =>
  events.emit('step', { segment, step: index, loss: 3 + 1 / (index + 1), rate: 0.001, gradNorm: 1 });

async function view(path: string): Promise<LiveView> {
  const found = new LiveView();
  for (const line of (await readFile(path, 'utf8')).trimEnd().split('\n')) {
    expect(parseLine(line)).toBeDefined();
    found.take(line);
  }
  return found;
}

it('appends once a second at most, whole lines, and everything at the end', async () => {
  const { log, events, clock, path } = await begun(plan);
  const [segment] = plan.graph.segments();
  const before = await readFile(path, 'utf8');
  events.emit('segmentStart', { segment: segment!, resumedAt: 0 });
  for (let index = 0; index < segment!.steps; index++) step(events, segment!, index);
  expect(await readFile(path, 'utf8')).toBe(before);
  await log.finish([]);
  await log.close();
  const after = await readFile(path, 'utf8');
  expect(after.startsWith(before)).toBe(true);
  expect(after.endsWith('\n')).toBe(true);
  const { segments, end, begin } = await view(path);
  expect(begin).toMatchObject({ experiment: 'toy', command: 'bench toy', time: clock.time });
  expect(segments[0]).toMatchObject({ done: segment!.steps });
  expect(segments[0]!.points.map(([at]) => at)).toEqual(Array.from({ length: segment!.steps }, (_, at) => at + 1));
  expect(end).toMatchObject({ outcome: 'finished' });
});

it('stays small, however long the run is', async () => {
  const [segments, steps] = [50, 4_000];
  const long = longPlan(segments, steps);
  const { log, events, clock, path } = await begun(long);
  const empty = (await stat(path)).size;
  let largest = 0;
  for (const segment of long.graph.segments()) {
    events.emit('segmentStart', { segment, resumedAt: 0 });
    for (let index = 0; index < steps; index++) {
      step(events, segment, index);
      if (index % 500 !== 0) continue;
      for (let count = 0; count < 5; count++) events.emit('warning', `a warning of some length ${'!'.repeat(5_000)}`);
      clock.second();
      // Whatever was begun is written.
      await log.finish([]);
      largest = Math.max(largest, (await stat(path)).size);
    }
    events.emit('segmentEnd', { segment, reused: false });
  }
  await log.finish([]);
  await log.close();
  expect(largest - empty - 100 * segments).toBeLessThan(MOST_BYTES);
  const { segments: found } = await view(path);
  const points = found.flatMap((of) => of?.points ?? []);
  expect(points.length).toBeLessThanOrEqual(MOST_POINTS + segments);
  expect(points.length).toBeGreaterThan(MOST_POINTS / 4);
  expect(found.every((of) => of?.done === steps)).toBe(true);
  // The last step of each is there.
  expect(found.every((of) => of?.points.at(-1)?.[0] === steps)).toBe(true);
});

it('replaces the log of the start before at once, and is recognized as another file', async () => {
  const first = await begun(plan);
  const tail = new Tail(first.path);
  expect((await tail.read()).fresh).toBe(true);
  await first.log.finish([]);
  await first.log.close();
  expect(await tail.read()).toMatchObject({ fresh: false });
  const second = made(first.directory);
  await second.log.attach(plan, async () => undefined as never);
  const news = await tail.read();
  expect(news.fresh).toBe(true);
  expect(news.lines.map((line) => parseLine(line)?.type)).toEqual(['begin', 'plan', 'steps']);
  await second.log.close();
  expect(second.warnings).toEqual([]);
});

it('without a plan says so, and the run continues', async () => {
  const { log, warnings } = await begun(plan, () => Promise.reject(new Error('no results')));
  await log.finish([]);
  await log.close();
  expect(warnings).toEqual([expect.stringContaining('no results')]);
});

it('that cannot be written warns once, and is written when that is possible again', async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, LIVE_LOG));
  const { log, events, warnings, clock } = made(directory);
  await log.attach(plan, async () => undefined as never);
  const [segment] = plan.graph.segments();
  for (let index = 0; index < 3; index++) {
    step(events, segment!, index);
    clock.second();
    await log.finish();
  }
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`${join(directory, LIVE_LOG)} could not be written: `);
  await rm(join(directory, LIVE_LOG), { recursive: true });
  clock.time += 3_600_000;
  await log.finish([]);
  await log.close();
  expect((await view(join(directory, LIVE_LOG))).segments[0]).toMatchObject({ done: 3 });
  expect(warnings).toHaveLength(1);
});

it('leaves the file of another start alone', async () => {
  const first = await begun(plan);
  const begin = { type: 'begin', format: 1, id: 'b', start: 'b', time: 1, experiment: 'x', command: '', device: '' };
  // As another process does that took over the lock.
  await rm(first.path);
  await writeFile(first.path, `${JSON.stringify(begin)}\n`);
  for (let count = 0; count < 2_000; count++) {
    first.events.emit('warning', 'x'.repeat(900));
    await first.log.finish([]);
  }
  await first.log.close();
  expect(await readFile(first.path, 'utf8')).toBe(`${JSON.stringify(begin)}\n`);
});

it('of a finished log is read up to a line that is torn', async () => {
  const { log, path, events } = await begun(plan);
  const [segment] = plan.graph.segments();
  step(events, segment!, 0);
  await log.finish([]);
  await log.close();
  const whole = await readFile(path, 'utf8');
  const tail = new Tail(path);
  await writeFile(path, whole.slice(0, -5));
  const before = await tail.read();
  await writeFile(path, whole);
  const after = await tail.read();
  expect([...before.lines, ...after.lines].join('\n')).toBe(whole.trimEnd());
  expect(after).toMatchObject({ fresh: false, lines: [expect.stringContaining('"end"')] });
});

it.each([
  '',
  '{',
  'null',
  '[]',
  '{"type":"__proto__"}',
  '{"type":"toString"}',
  '{"type":"steps","time":1,"trained":-1,"segments":[],"lanes":[]}',
  '{"type":"steps","time":1,"trained":1,"segments":[[0,1,[[1,"x",0]]]],"lanes":[]}',
  '{"type":"plan","time":1,"tokensPerStep":8,"segments":[{"key":"../../etc"}],"tracks":[]}',
  '{"type":"end","time":null,"outcome":"finished"}',
])('takes no notice of the line %s', (line) => {
  expect(parseLine(line)).toBeUndefined();
  const untouched = new LiveView();
  untouched.take(line);
  expect(untouched.time).toBeUndefined();
});
