/** Loggers of a whole run: each step once, over forks, shared paths, interruptions, new strategies and broken sinks. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { defineLogger, type LogPoint, type LogTrack } from '@branchline/core';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type BenchOptions,
  BranchlineError,
  bench,
  continual,
  csv,
  type ExperimentConfig,
  type ExperimentEvent,
  fromScratch,
  jsonl,
  type LogConfig,
  pathSwitching,
  quadratic,
  tensorboard,
} from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const STRATEGIES = { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] };

/** An experiment of three versions, 16 steps each, in a folder of its own. */
function setUp(log: LogConfig, strategies: ExperimentConfig['strategies'] = STRATEGIES) {
  const directory = folder();
  writeTexts(directory);
  const experiment: ExperimentConfig = { ...TINY, trainer: quadratic(), checkpointEvery: 5, strategies, log };
  const options: BenchOptions = { runs: join(directory, 'runs'), directory, name: 'tiny' };
  return { experiment, options, log: join(directory, 'runs', 'tiny', 'log') };
}

const rowsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
/** Without the header: track and step of each row. */
const pointsOf = (path: string) =>
  rowsOf(path)
    .slice(1)
    .map(([track, , , , , step]) => `${track} ${step}`);
/** Everything but the time. */
const contentOf = (path: string) =>
  rowsOf(path)
    .map((row) => row.slice(0, -1).join(','))
    .sort();
const unique = (values: readonly string[]) => [...new Set(values)];

/** Stops a run after so many steps. */
function stopAfter(count: number): Pick<BenchOptions, 'signal' | 'onEvent'> {
  const stop = new AbortController();
  let steps = 0;
  const onEvent = ({ type }: ExperimentEvent) => {
    if (type === 'step' && ++steps === count) stop.abort();
  };
  return { signal: stop.signal, onEvent };
}

const warnings = (log: string[]) => (event: ExperimentEvent) => {
  if (event.type === 'warning') log.push(event.message);
};

it('logs every trained step once, and the steps of a branch continue those of its parent', async () => {
  const { experiment, options, log } = setUp([csv(), jsonl()]);
  const { results } = await bench(experiment, options);
  const points = pointsOf(join(log, 'steps.csv'));
  expect(unique(points)).toHaveLength(points.length);
  expect(points).toHaveLength(results.actual.steps);

  const lines = readFileSync(join(log, 'log.jsonl'), 'utf8').trimEnd().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as Record<string, never>);
  expect(rows.filter(({ type }) => type === 'step')).toHaveLength(points.length);
  const tracks = rows.filter(({ type }) => type === 'track') as unknown as LogTrack[];
  const branch = tracks.find(
    ({ strategy, version, path }) => strategy === 'switching' && version === 2 && path !== 'main',
  )!;
  // It begins where its parent stands.
  const steps = rows.filter(({ type, track }) => type === 'step' && track === branch.name);
  expect(steps[0]!.step).toBe(branch.begin + 1);
  expect(branch.parent!.position).toBe(branch.begin);
  const parent = rows.filter(({ type, track }) => type === 'step' && track === branch.parent!.track);
  expect(parent.map(({ step }) => step)).toContain(branch.begin);
  expect(rows.filter(({ type }) => type === 'release')).toHaveLength(6);
  expect(rows.at(-1)).toEqual({ type: 'end', outcome: 'completed' });
});

it('changes no bit of a result', async () => {
  const plain = setUp([]);
  const logged = setUp([csv(), jsonl(), tensorboard()]);
  const digests = async ({ experiment, options }: typeof plain) =>
    (await bench(experiment, options)).results.strategies.map(({ releases }) =>
      releases.map(({ weightsDigest, checkpoint }) => [weightsDigest, checkpoint]),
    );
  expect(await digests(logged)).toEqual(await digests(plain));
});

it.each([1, 7, 23])('a run that was stopped after %i steps logs the rest, and no step twice', async (steps) => {
  const whole = setUp([csv()]);
  await bench(whole.experiment, whole.options);
  const { experiment, options, log } = setUp([csv()]);
  await expect(bench(experiment, { ...options, ...stopAfter(steps) })).rejects.toThrow(
    'everything up to the last step is stored',
  );
  expect(pointsOf(join(log, 'steps.csv'))).toHaveLength(steps);
  await bench(experiment, options);
  await bench(experiment, options);
  for (const file of ['steps.csv', 'releases.csv']) {
    expect(contentOf(join(log, file))).toEqual(contentOf(join(whole.log, file)));
  }
});

it('a logger that is added later gets what is stored', async () => {
  const { experiment, options, log } = setUp([csv()]);
  await bench(experiment, options);
  const other = { ...experiment, log: csv({ directory: 'elsewhere' }) };
  await bench(other, options);
  const later = join(options.directory!, 'elsewhere', 'steps.csv');
  expect(contentOf(later)).toEqual(contentOf(join(log, 'steps.csv')));
});

it('a strategy that is added in front takes no step from the track that has it', async () => {
  const { experiment, options, log } = setUp([csv()], { continual: [continual()] });
  await bench(experiment, options);
  const before = pointsOf(join(log, 'steps.csv'));
  const strategies = { scratch: [fromScratch()], ...STRATEGIES };
  await bench({ ...experiment, strategies }, options);
  const points = pointsOf(join(log, 'steps.csv'));
  expect(points.slice(0, before.length)).toEqual(before);
  // As many as the graph of all strategies has, although a few were trained twice: their state was not stored.
  const whole = setUp([], strategies);
  const { results } = await bench(whole.experiment, whole.options);
  expect(points).toHaveLength(results.actual.steps);
  expect(unique(points)).toHaveLength(points.length);
  // Left out, and there again.
  await bench({ ...experiment, strategies: { switching: STRATEGIES.switching } }, options);
  await bench({ ...experiment, strategies }, options);
  expect(pointsOf(join(log, 'steps.csv'))).toEqual(points);
});

it('a line that was cut off by a kill is written again', async () => {
  const { experiment, options, log } = setUp([csv(), jsonl()]);
  await bench(experiment, options);
  for (const file of ['steps.csv', 'log.jsonl']) {
    const path = join(log, file);
    const whole = readFileSync(path, 'utf8');
    // The end of the last rows, without their line breaks; then half a line.
    const lines = whole.trimEnd().split('\n');
    truncateSync(path, whole.lastIndexOf(lines.at(-3)!));
    appendFileSync(path, lines.at(-3)!.slice(0, 9));
  }
  await bench(experiment, options);
  const points = pointsOf(join(log, 'steps.csv'));
  expect(unique(points)).toHaveLength(points.length);
  const whole = setUp([csv()]);
  await bench(whole.experiment, whole.options);
  expect(contentOf(join(log, 'steps.csv'))).toEqual(contentOf(join(whole.log, 'steps.csv')));
});

it('a sink that is down stops nothing, warns in two lines, and the next run catches up', async () => {
  let down = true;
  const points: string[] = [];
  const sink = {
    lastStep: async ({ name }: LogTrack) => {
      const steps = points
        .filter((point) => point.startsWith(`${name} `))
        .map((point) => Number(point.split(' ').at(-1)));
      return steps.length === 0 ? undefined : Math.max(...steps);
    },
    hasRelease: async ({ name }: LogTrack, { step }: LogPoint) => points.includes(`${name} ${step}`),
    write: async ({ name }: LogTrack, added: readonly LogPoint[]) => {
      if (down) throw new Error('the disk is away');
      points.push(...added.map(({ step }) => `${name} ${step}`));
    },
  };
  const flaky = defineLogger({ name: 'flaky', open: async () => sink });
  const { experiment, options } = setUp([flaky()]);
  const said: string[] = [];
  const { results } = await bench(experiment, { ...options, onEvent: warnings(said) });
  expect(said.filter((message) => message.startsWith('log: '))).toEqual([
    'log: flaky: the disk is away; training continues, and it is tried again',
    'log: flaky lacks points of this run; the same command adds them when it works again',
  ]);
  expect(points).toEqual([]);
  down = false;
  await bench(experiment, options);
  expect(unique(points)).toHaveLength(points.length);
  expect(points).toHaveLength(results.actual.steps + 6);
});

it('all mistakes in `log` are reported, before anything is trained', async () => {
  const { experiment, options } = setUp([]);
  const log = [
    'tensorbord',
    { logger: 'mlflow', options: { uri: 'ftp://x', experimnt: 'y' } },
    csv,
    { logger: 'csv', option: {} },
  ] as unknown as LogConfig;
  const error = await bench({ ...experiment, log }, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BranchlineError);
  const problems = (error as BranchlineError).problems.map(({ configPath, message, remedy }) => [
    configPath,
    `${message} ${remedy}`,
  ]);
  expect(problems).toEqual([
    ['log[0]', expect.stringContaining('there is no logger "tensorbord"')],
    ['log[1].options.uri', expect.stringContaining('must be an address')],
    ['log[1].options.experimnt', expect.stringContaining('experiment')],
    ['log[2]', expect.stringContaining('Add parentheses')],
    ['log[3].option', expect.anything()],
  ]);
});

it('the example of docs/logging.md logs to files, also while no server answers', async () => {
  const page = readFileSync(new URL('../../../docs/logging.md', import.meta.url), 'utf8');
  const { log: entries } = parse(/```yaml\n(.*?)```/s.exec(page)![1]!) as { log: LogConfig };
  const { experiment, options, log } = setUp(entries);
  const said: string[] = [];
  // A port that no server may use.
  const text = JSON.stringify({ ...experiment, log: entries }).replace('127.0.0.1:5000', '127.0.0.1:9');
  await bench(
    { ...experiment, log: (JSON.parse(text) as { log: LogConfig }).log },
    { ...options, onEvent: warnings(said) },
  );
  expect(existsSync(join(log, 'steps.csv'))).toBe(true);
  expect(existsSync(join(log, 'tensorboard', 'continual', 'seed-1', 'v1-main'))).toBe(true);
  expect(said.filter((message) => message.startsWith('log: mlflow'))).toHaveLength(2);
});
