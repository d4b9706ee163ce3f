import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@branchline/core/fixtures';
import { expect, it } from 'vitest';
import { LockWatch } from './lock-watch.js';

/** The lock of a process on another machine, as it is on the disk. */
function signs(directory: string): (count: number) => void {
  const holder = {
    format: 1,
    pid: 12,
    host: 'node-2',
    boot: 'another',
    since: '2026-01-31T12:00:00.000Z',
    lease: 1_000,
  };
  const folder = join(directory, '.lock');
  mkdirSync(folder);
  return (count) =>
    writeFileSync(join(folder, 'a.json'), `${JSON.stringify(holder)}\n${String(count).padStart(16, '0')}\n`);
}

it('holds a process on another machine to be gone after a lease without signs of life, and no sooner', async () => {
  const directory = await temporaryDirectory();
  let now = 0;
  const watch = new LockWatch(directory, () => now);
  expect(await watch.look()).toEqual({ held: undefined, left: undefined });
  const sign = signs(directory);
  sign(1);
  expect(await watch.look()).toMatchObject({ held: { state: 'unknown', since: Date.UTC(2026, 0, 31, 12) } });
  now = 999;
  expect((await watch.look()).held).toBeDefined();
  now = 1_000;
  expect(await watch.look()).toMatchObject({ held: undefined, left: { lease: 1_000 } });
  // It was slow.
  sign(2);
  expect(await watch.look()).toMatchObject({ left: undefined, held: { lease: 1_000 } });
  now = 1_999;
  expect((await watch.look()).held).toBeDefined();
  rmSync(join(directory, '.lock'), { recursive: true });
  expect(await watch.look()).toEqual({ held: undefined, left: undefined });
});
