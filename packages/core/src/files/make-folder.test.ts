import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/fixtures.js';
import { makeFolder, makeFolderSync } from './make-folder.js';

describe.each([
  ['makeFolder', makeFolder],
  ['makeFolderSync', async (path: string) => makeFolderSync(path)],
])('%s', (_, make) => {
  it('makes a folder and those above it, and leaves existing ones', async () => {
    const base = await temporaryDirectory();
    for (let time = 0; time < 2; time++) {
      await make(join(base, 'a', 'b', 'c'));
      expect(existsSync(join(base, 'a', 'b', 'c'))).toBe(true);
    }
    await make(base);
    await make('/');
  });

  it('makes one folder for many callers at once', async () => {
    const base = await temporaryDirectory();
    await Promise.all(Array.from({ length: 8 }, (_each, index) => make(join(base, 'x', 'y', String(index % 2)))));
    expect(existsSync(join(base, 'x', 'y', '1'))).toBe(true);
  });

  it('refuses a file in the way', async () => {
    const base = await temporaryDirectory();
    writeFileSync(join(base, 'file'), '');
    await expect(make(join(base, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(make(join(base, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.runIf(process.platform === 'linux')('ends where a folder takes no children', async () => {
    await expect(make('/proc/none/below')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'mkdir' });
    await expect(make('/proc/none/below')).rejects.toThrow('no folder can be made in /proc: it was deleted');
  });
});
