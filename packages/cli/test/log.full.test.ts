/** `--log` of the real command line, also after `kill -9`. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { expect, it } from 'vitest';
import { branchline, start } from './bin.js';

/** An experiment of some seconds. */
function setUp() {
  const directory = folder();
  writeTexts(directory, 240);
  const versions = { by: 'random', count: 2, tokens: 24_000 };
  const strategies = { continual: ['continual'], switching: ['path-switching'] };
  const config = { ...TINY, data: { ...TINY.data, versions }, checkpointEvery: 30, lanes: 1, strategies };
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify(config));
  return { directory, steps: join(directory, 'runs', 'tiny', 'log', 'steps.csv') };
}

const COMMAND = ['bench', 'tiny.json', '--no-report', '--log', 'csv', 'jsonl'] as const;

/** Rows without their times, sorted. */
const rowsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => row.slice(0, row.lastIndexOf(',')))
    .sort();

it('a run that was killed twice has the log of one that was not', async () => {
  const whole = setUp();
  const done = await branchline(whole.directory, ...COMMAND);
  expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining('log:')]);
  const { directory, steps } = setUp();
  const sizeOf = () => (existsSync(steps) ? statSync(steps).size : 200);
  let killed = 0;
  for (let attempt = 0; attempt < 2; attempt++) {
    const before = sizeOf();
    const run = start(directory, ...COMMAND);
    let ended = false;
    void run.ended.then(() => (ended = true));
    while (!ended && sizeOf() <= before) await wait(5);
    run.child.kill('SIGKILL');
    if ((await run.ended).signal === 'SIGKILL') killed++;
  }
  expect(killed).toBeGreaterThan(0);
  expect((await branchline(directory, ...COMMAND)).code).toBe(0);
  expect(rowsOf(steps)).toEqual(rowsOf(whole.steps));
  const lines = readFileSync(join(directory, 'runs', 'tiny', 'log', 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const points = lines.map((line) => JSON.parse(line) as { type: string }).filter(({ type }) => type === 'step');
  expect(points).toHaveLength(rowsOf(whole.steps).length - 1);
});
