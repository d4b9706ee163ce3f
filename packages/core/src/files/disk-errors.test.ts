import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/fixtures.js';
import { BranchlineError } from '../errors.js';
import { describeDiskError, diskError, isDiskFull, writingTo } from './disk-errors.js';
import { writeFileAtomic } from './durable.js';

/** An error as Node makes them. */
const ofNode = (code: string, errno: number, message = code) =>
  Object.assign(new Error(message), { code, errno, syscall: 'write' });
const EDQUOT = process.platform === 'linux' ? -122 : -69;

test.each([
  ['the disk quota is used up', ofNode('EDQUOT', EDQUOT)],
  ['the disk quota is used up', ofNode(`Unknown system error ${EDQUOT}`, EDQUOT)],
  ['the disk is full', ofNode('ENOSPC', -28)],
  ['the file system is read-only', ofNode('EROFS', -30)],
  ['the disk quota is used up', new Error('IO Error: Could not write file "/a/b.wal": Disk quota exceeded')],
  ['the disk is full', new Error('IO Error: Could not write all bytes to "/a/b.tmp": No space left on device')],
])('%s', (what, error) => {
  expect(isDiskFull(error)).toBe(true);
  const full = diskError(error, '/a/b');
  expect(full).toMatchObject({ code: 'store', cause: error });
  expect(full?.message).toMatch(new RegExp(`^/a/b[.a-z]* could not be written: ${what}`));
  expect(full?.problems[0]?.remedy).toBeDefined();
});

test('other errors stay as they are', () => {
  const others = [ofNode('ENOENT', -2), new Error('x'), 'No space left on device', undefined];
  for (const error of others) expect(describeDiskError(error)).toBeUndefined();
  // Already described, with more than this function knows.
  expect(diskError(new BranchlineError('data', { message: 'No space left on device' }))).toBeUndefined();
  const denied = ofNode('EACCES', -13);
  expect(isDiskFull(denied)).toBe(false);
  expect(diskError(denied, '/a')?.message).toContain('/a cannot be used: the permission is missing');
});

test('a file where a folder is needed, and the reverse, are named', async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, 'file');
  await writeFile(file, 'x');
  const errorOf = (work: Promise<unknown>) => work.catch((cause: unknown) => diskError(cause)?.message);
  const needsFolder = 'cannot be used: a file is where a folder is needed';
  expect(await errorOf(mkdir(file, { recursive: true }))).toContain(`${file} ${needsFolder}`);
  expect(await errorOf(mkdir(join(file, 'a'), { recursive: true }))).toContain(needsFolder);
  expect(await errorOf(writeFile(join(file, 'a'), ''))).toContain(`${join(file, 'a')} ${needsFolder}`);
  expect(await errorOf(readFile(directory))).toContain('cannot be used: it is a folder, and a file is needed');
  expect(await errorOf(writeFile(directory, ''))).toContain(`${directory} cannot be used: it is a folder`);
  expect(await errorOf(writeFileAtomic(directory, ''))).toContain(`${directory} cannot be used: `);
});

test.runIf(existsSync('/dev/full'))('a real full device is named, although Node does not name it', async () => {
  const attempt = writingTo('/dev/full', () => writeFile('/dev/full', 'x'));
  const error = await attempt.catch((cause: unknown) => cause);
  expect(diskError(error)?.message).toMatch(/^\/dev\/full could not be written: the disk is full/);
});
