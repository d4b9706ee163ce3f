/** Branchline as a library: values and typed errors, without side effects on the terminal or the process. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  BranchlineError,
  bench,
  type ExperimentEvent,
  fromScratch,
  loadExperiment,
  modelAveraging,
  pathSwitching,
  plan,
  quadratic,
  type Run,
  report,
  resume,
} from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const EXPERIMENT = {
  ...TINY,
  trainer: quadratic(),
  strategies: { scratch: [fromScratch()], switching: [pathSwitching({ alpha: 0.5 })] },
};

/** A folder with text, and options for it. */
function place() {
  const directory = folder();
  writeTexts(directory);
  return { runs: join(directory, 'runs'), directory, name: 'tiny' };
}

/** Watches everything that only a command line may touch. */
function watchProcess() {
  const writes = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation(() => true),
  );
  const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const before = { exitCode: process.exitCode, listeners: listeners() };
  onTestFinished(() => void vi.restoreAllMocks());
  return () => {
    const written = writes.flatMap((write) => write.mock.calls);
    vi.restoreAllMocks();
    expect(written).toEqual([]);
    expect({ exitCode: process.exitCode, listeners: listeners() }).toEqual(before);
  };
}

const failure = async (work: Promise<unknown>): Promise<BranchlineError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BranchlineError) return error;
  throw new Error(`no BranchlineError: ${String(error)}`);
};
const digests = ({ results }: Run) =>
  results.strategies.map(({ name, releases }) => [name, ...releases.map(({ weightsDigest }) => weightsDigest)]);

it('plans, trains and reports, and touches neither the terminal nor the process', async () => {
  const options = place();
  const unchanged = watchProcess();
  const planned = await plan(EXPERIMENT, { ...options, explain: true });
  expect(planned.strategies.map(({ name, explanation }) => [name, explanation !== undefined])).toEqual([
    ['scratch', true],
    ['switching', true],
  ]);
  expect(existsSync(options.runs)).toBe(false);

  const events: ExperimentEvent[] = [];
  const run = await bench(EXPERIMENT, { ...options, onEvent: (event) => events.push(event) });
  expect(run.failures).toEqual([]);
  expect(run.directory).toBe(join(options.runs, 'tiny'));
  expect(run.results.strategies.map(({ name }) => name)).toEqual(['scratch', 'switching']);
  expect(JSON.parse(readFileSync(join(run.directory, 'results.json'), 'utf8'))).toMatchObject({
    experiment: { command: 'bench()' },
  });
  const types = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
  expect(types.slice(0, 2)).toEqual(['phase', 'data']);
  expect(events.filter(({ type }) => type === 'phase')).toMatchObject([
    { phase: 'text' },
    { phase: 'trainer' },
    { phase: 'plan' },
  ]);
  const steps = events.filter(({ type }) => type === 'step').length;
  expect(events.find(({ type }) => type === 'runStart')).toMatchObject({ steps });
  expect(steps).toBe(planned.graph.steps);
  expect(events.filter(({ type }) => type === 'release')).toHaveLength(6);

  const page = await report(run);
  expect(page).toMatch(/^<!doctype html>/i);
  expect(readdirSync(run.directory)).not.toContain('report.html');
  const out = join(options.directory, 'page.html');
  expect([await report(run.results, { out }), await report(run.directory)]).toEqual([page, page]);
  expect(readFileSync(out, 'utf8')).toBe(page);
  unchanged();
});

it('takes a file, a changed copy of it, and some of its strategies', async () => {
  const { runs, directory } = place();
  const file = join(directory, 'named.json');
  const strategies = { a: ['from-scratch'], b: ['continual'] };
  writeFileSync(file, JSON.stringify({ ...EXPERIMENT, trainer: 'quadratic', strategies }));
  const whole = await plan(file, { runs });
  expect([whole.experiment, whole.strategies.length]).toEqual([{ name: 'named', seeds: [1], baseline: 'a' }, 2]);
  const { experiment, ...loaded } = await loadExperiment(file);
  const part = await plan({ ...experiment, seeds: 2 }, { runs, ...loaded, only: ['b'] });
  expect(part.experiment).toEqual({ name: 'named', seeds: [1, 2], baseline: 'b' });
  expect((await failure(plan(file, { runs, only: ['c'] }))).message).toContain('no strategy is called "c"');
});

it('stops when the signal is aborted, and resumes to bit-identical results', async () => {
  const whole = await bench(EXPERIMENT, place());
  const options = place();
  const unchanged = watchProcess();
  const controller = new AbortController();
  let steps = 0;
  const stopped = bench(EXPERIMENT, {
    ...options,
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === 'step' && ++steps === 20) controller.abort();
    },
  });
  expect((await failure(stopped)).code).toBe('interrupted');
  let ahead: number | undefined;
  const onEvent = (event: ExperimentEvent) => {
    if (event.type === 'runStart') ahead = event.steps;
  };
  const resumed = await resume(EXPERIMENT, { ...options, onEvent });
  expect(ahead).toBeGreaterThan(0);
  expect(digests(resumed)).toEqual(digests(whole));
  for (const work of [bench, plan]) {
    expect((await failure(work(EXPERIMENT, { ...place(), signal: AbortSignal.abort() }))).code).toBe('interrupted');
  }
  unchanged();
});

it('resumes only a run that exists', async () => {
  const options = place();
  const error = await failure(resume(EXPERIMENT, options));
  expect([error.code, error.message]).toEqual(['config', expect.stringContaining('no run was begun in ')]);
  expect(existsSync(options.runs)).toBe(false);
});

it('throws one error with all problems of an experiment, before anything starts', async () => {
  const options = place();
  const unchanged = watchProcess();
  const wrong = {
    ...EXPERIMENT,
    model: { ...TINY.model, layers: -1 },
    strategies: { a: [pathSwitching({ alpha: 2 })], b: ['path-swiching'] },
    basline: 'a',
  };
  const error = await failure(bench(wrong, options));
  expect(error.code).toBe('config');
  expect(error.problems.map(({ configPath }) => configPath)).toEqual([
    'basline',
    'model.layers',
    'strategies.a[0].options.alpha',
    'strategies.b[0]',
  ]);
  expect(error.problems[3]!.remedy).toBe('Did you mean "path-switching"?');
  expect(existsSync(options.runs)).toBe(false);
  unchanged();
});

it('reports a listener that throws, once, and continues training', async () => {
  const warnings: string[] = [];
  const run = await bench(EXPERIMENT, {
    ...place(),
    onEvent: (event) => {
      if (event.type === 'warning') warnings.push(event.message);
      else if (event.type === 'step') throw new Error('no');
    },
  });
  expect(run.failures).toEqual([]);
  expect(warnings).toEqual(['the listener failed on step: no']);
});

it('says what is wrong with a directory that has no results', async () => {
  const { directory } = place();
  expect((await failure(report(join(directory, 'absent')))).message).toContain('there is no run directory');
  expect((await failure(report(directory))).message).toContain('has no results.json');
});

it('names the file where a folder is needed, and the folder where a file is needed', async () => {
  const options = place();
  const { directory } = options;
  const file = join(directory, 'file');
  writeFileSync(file, 'x');
  for (const runs of [file, join(file, 'runs')]) {
    for (const call of [plan, bench, resume]) {
      const { code, message } = await failure(call(EXPERIMENT, { ...options, runs }));
      expect([code, message]).toEqual(['config', expect.stringContaining(`${file} is a file`)]);
    }
  }
  mkdirSync(options.runs);
  writeFileSync(join(options.runs, '.data'), '');
  expect((await failure(bench(EXPERIMENT, options))).message).toContain(`.data cannot be used: a file is where`);
  rmSync(join(options.runs, '.data'));
  expect((await failure(report(file))).message).toContain('it is a file');
  const run = await bench(EXPERIMENT, options);
  expect((await failure(report(run, { out: directory }))).message).toContain(`${directory} cannot be used: it is a`);
  expect((await failure(report(run, { out: join(file, 'r.html') }))).message).toContain('a file is where a folder is');
});

it('a plan lists the documents that a source skipped', async () => {
  const options = place();
  writeFileSync(
    join(options.directory, 'more.jsonl'),
    '{"text": "one"}\n{"text": 2}\n\n{"text": null}\n{"text": null}\n',
  );
  const sources = ['texts', { files: 'more.jsonl', skip: 'bad' as const }];
  const planned = await plan({ ...EXPERIMENT, data: { ...TINY.data, sources } }, options);
  expect(planned.data.skipped).toEqual([
    { file: 'more.jsonl', reason: 'a number in "text"', count: 1, unit: 'line', first: [2] },
    { file: 'more.jsonl', reason: 'nothing in "text"', count: 2, unit: 'line', first: [4, 5] },
  ]);
  expect((await plan(EXPERIMENT, options)).data).not.toHaveProperty('skipped');
});

it('refuses a plan with mistakes before anything is trained, and trains the rest with startAnyway', async () => {
  const options = place();
  const far = [fromScratch(), modelAveraging({ last: 1000 })];
  const experiment = { ...EXPERIMENT, strategies: { ...EXPERIMENT.strategies, far } };
  const error = await failure(bench(experiment, options));
  expect(error.code).toBe('config');
  expect(error.problems).toMatchObject([{ strategy: 'far', plugin: 'model-averaging', version: 1 }]);
  expect(readdirSync(join(options.runs, 'tiny', 'checkpoints'))).toEqual([]);
  expect((await plan(experiment, options)).failures).toMatchObject([{ strategies: ['far'] }]);
  const { results, failures } = await bench(experiment, { ...options, startAnyway: true });
  expect(results.strategies.map(({ name }) => name)).toEqual(['scratch', 'switching']);
  expect(failures).toMatchObject([{ strategies: ['far'] }]);
});

it('refuses a warm-up that no path can finish, and warns of the default one', async () => {
  const options = place();
  const experiment = { ...EXPERIMENT, training: { batch: 4, lr: { warmup: 5000 } } };
  const error = await failure(bench(experiment, options));
  expect(error).toMatchObject({ code: 'config', problems: [{ configPath: 'training.lr.warmup' }] });
  expect(readdirSync(join(options.runs, 'tiny', 'checkpoints'))).toEqual([]);
  expect((await plan(experiment, options)).warnings).toMatchObject([{ refuses: true }]);

  // So few steps that the default warm-up does not fit.
  const unwritten = { ...EXPERIMENT, training: { batch: 60 } };
  const planned = await plan(unwritten, options);
  expect(planned.warnings).toMatchObject([{ refuses: false }]);
  const events: ExperimentEvent[] = [];
  const { results } = await bench(unwritten, { ...options, onEvent: (event) => events.push(event) });
  expect(results.warnings).toMatchObject([{ strategies: ['scratch', 'switching'] }]);
  const warned = events.filter(({ type }) => type === 'warning');
  expect(warned).toMatchObject([{ message: results.warnings![0]!.message }]);
  expect(planned.warnings[0]!.message).toBe(results.warnings![0]!.message);
});
