/** Moves damaged files to a folder of their own instead of deleting them. */
import { access, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.js';

/**
 * Moves a file or directory into `folder` (default: `damaged` in the same directory), under a name that is not taken
 * there. Does nothing when the path does not exist.
 */
export async function setAside(path: string, folder = join(dirname(path), 'damaged')): Promise<void> {
  await makeFolder(folder);
  const target = join(folder, basename(path));
  let free = target;
  for (let attempt = 1; await exists(free); attempt++) free = `${target}.${attempt}`;
  await rename(path, free).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
