import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogContext, LogPoint, LogTrack } from '@branchline/core';
import { expect, it, onTestFinished } from 'vitest';
import { csv } from './csv.js';
import { LineFile } from './line-file.js';

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'branchline-logging-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

it.each([0, 1, 200_000])('cuts off a last line of %i characters without an end', async (length) => {
  const path = join(folder(), 'lines');
  writeFileSync(path, `one\ntwo\n${'x'.repeat(length)}`);
  const lines: string[] = [];
  const file = await LineFile.open(path, (line) => lines.push(line));
  await file.append(['three']);
  expect(lines).toEqual(['one', 'two']);
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
});

const track: LogTrack = {
  ...{ kind: 'path', name: 'a, "b"/seed-1/v1-main', strategy: 'a, "b"', seed: 1, version: 1, path: 'main' },
  ...{ begin: 0, strategies: ['a, "b"'] },
};
const points: readonly LogPoint[] = [1, 2].map((step) => ({
  step,
  time: 0,
  values: { loss: 1 / 3, tokens: 8 * step },
}));

it('csv reads names with commas and quotes back', async () => {
  const directory = folder();
  const open = async () => csv.logger.open({ directory }, {} as LogContext);
  await (await open()).write(track, points);
  const again = await open();
  expect(await again.lastStep(track)).toBe(2);
  expect(await again.lastStep({ ...track, name: 'a' })).toBeUndefined();
  const rows = readFileSync(join(directory, 'steps.csv'), 'utf8').split('\n');
  expect(rows[2]).toBe(
    '"a, ""b""/seed-1/v1-main","a, ""b""",1,1,main,2,16,0.3333333333333333,,,1970-01-01T00:00:00.000Z',
  );
});

it('csv refuses to continue a file with other columns', async () => {
  const directory = folder();
  writeFileSync(join(directory, 'steps.csv'), 'a,b\n');
  await expect(csv.logger.open({ directory }, {} as LogContext)).rejects.toThrow('other columns');
});
