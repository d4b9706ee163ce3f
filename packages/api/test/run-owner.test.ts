/** Two experiments of one name: the second never replaces the results of the first. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type BenchOptions, bench, fromScratch, plan, quadratic, stableOnly } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const CONFIG = { ...TINY, trainer: 'quadratic', strategies: { a: ['from-scratch'] } };

/** A folder with text and the options for it; `write` makes an experiment file there. */
function project() {
  const directory = folder();
  writeTexts(directory);
  const runs = join(directory, 'runs');
  const write = (name: string, more: object = {}) => {
    const file = join(directory, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, JSON.stringify({ ...CONFIG, name: 'x', ...more }));
    return file;
  };
  const options: BenchOptions = { runs, directory };
  const results = () => readFileSync(join(runs, 'x', 'results.json'), 'utf8');
  return { directory, options, write, results };
}

it('refuses another file with the same name, also with --only, and changes nothing', async () => {
  const { write, options, results } = project();
  const first = write('a.json');
  const second = write('b.json', { strategies: { b: ['stable-only'], c: ['continual'] } });
  await bench(first, options);
  const before = results();
  const attempts = [
    () => bench(second, options),
    () => bench(second, { ...options, only: ['b'] }),
    () => plan(second, options),
  ];
  for (const attempt of attempts) {
    await expect(attempt()).rejects.toMatchObject({ code: 'config', problems: [{ configPath: 'name' }] });
    await expect(attempt()).rejects.toThrow(/belongs to another experiment, from .*a\.json.*\n.*name of its own/);
  }
  expect(results()).toBe(before);
});

it('continues a changed, moved or copied file, and a moved project', async () => {
  const { directory, write, options } = project();
  const first = write('a.json');
  await bench(first, options);
  const steps = async (file: string, more: BenchOptions = {}) =>
    (await bench(file, { ...options, ...more })).results.actual.steps;
  const once = await steps(first);
  const strategies = { a: ['from-scratch'], b: ['stable-only'] };
  expect(await steps(write('a.json', { strategies }))).toBeGreaterThan(once);
  // Another model shares no state, but it is the same file.
  await steps(write('a.json', { strategies, model: { ...TINY.model, width: 32 } }), { only: ['b'] });
  await steps(write('copies/a.json', { strategies, model: { ...TINY.model, width: 32 } }));
  rmSync(join(directory, 'copies'), { recursive: true });
  renameSync(first, join(directory, 'moved.json'));
  await steps(join(directory, 'moved.json'));
  // Moved and changed: it still shares states.
  rmSync(join(directory, 'moved.json'));
  await steps(write('again.json', { strategies: { b: ['stable-only'] } }));
  const elsewhere = `${directory}-moved`;
  renameSync(directory, elsewhere);
  try {
    await bench(join(elsewhere, 'again.json'), { runs: join(elsewhere, 'runs'), directory: elsewhere });
  } finally {
    renameSync(elsewhere, directory);
  }
});

it('refuses a file that shares no state if the file of the directory is not visible here', async () => {
  const { write, options, results } = project();
  const first = write('a.json');
  await bench(first, options);
  const before = results();
  rmSync(first);
  const other = write('other/a.json', { model: { ...TINY.model, width: 32 } });
  await expect(bench(other, options)).rejects.toThrow('belongs to another experiment');
  expect(results()).toBe(before);
  rmSync(join(options.runs!, 'x', 'experiment.json'));
  await bench(other, options);
});

it('without a file, identifies an experiment by its text', async () => {
  const { directory, options } = project();
  mkdirSync(join(directory, 'other'));
  renameSync(join(directory, 'texts'), join(directory, 'other', 'texts'));
  writeTexts(directory);
  const experiment = (sources: string[], strategies: object = { a: [fromScratch()] }) =>
    ({ ...TINY, name: 'x', trainer: quadratic(), data: { ...TINY.data, sources }, strategies }) as Parameters<
      typeof bench
    >[0];
  await bench(experiment(['texts']), options);
  await expect(bench(experiment(['other/texts']), options)).rejects.toThrow('another directory (--runs)');
  // One more source and one more strategy: a changed version of the same experiment.
  await bench(experiment(['texts', 'other/texts'], { b: [stableOnly()] }), options);
  await bench(experiment(['other/texts']), options);
});
