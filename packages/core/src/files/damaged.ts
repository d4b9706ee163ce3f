/** Where damaged files go: out of the way, but not away. */
import { access, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Moves a file or directory into `folder`, by default `damaged` beside it, under a name that is free there. What is not
 * there any more is no error.
 */
export async function setAside(path: string, folder = join(dirname(path), 'damaged')): Promise<void> {
  await mkdir(folder, { recursive: true });
  const target = join(folder, basename(path));
  let free = target;
  for (let attempt = 1; await isThere(free); attempt++) free = `${target}.${attempt}`;
  await rename(path, free).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
