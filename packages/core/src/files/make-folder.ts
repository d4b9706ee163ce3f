/**
 * Makes folders. Node's own `mkdir` with `recursive` never returns where a folder that exists takes no children, such
 * as a deleted working directory or `/proc`.
 */
import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder and those above it. Throws the error of the file system if it cannot be made. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder(path)) return;
    const parent = parentToMake(path, error);
    // Another caller may have made the parent since.
    const there = await isFolder(parent);
    if (!there) await makeFolder(parent);
    await mkdir(path).catch(async (again: NodeJS.ErrnoException) => {
      if (await isFolder(path)) return;
      throw there && again.code === 'ENOENT' ? takesNone(parent, again) : again;
    });
  }
}

/** The same, synchronous. */
export function makeFolderSync(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isFolderSync(path)) return;
    const parent = parentToMake(path, error);
    const there = isFolderSync(parent);
    if (!there) makeFolderSync(parent);
    try {
      mkdirSync(path);
    } catch (again) {
      if (isFolderSync(path)) return;
      throw there && (again as NodeJS.ErrnoException).code === 'ENOENT' ? takesNone(parent, again) : again;
    }
  }
}

/** The folder above, if its absence can be the reason of the error. Throws the error otherwise. */
function parentToMake(path: string, error: unknown): string {
  const parent = dirname(path);
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
  return parent;
}

function takesNone(parent: string, cause: unknown): Error {
  const message = `no folder can be made in ${parent}: it was deleted, or its file system takes none (ENOENT)`;
  return Object.assign(new Error(message, { cause }), { code: 'ENOENT', syscall: 'mkdir' });
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;

function isFolderSync(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
