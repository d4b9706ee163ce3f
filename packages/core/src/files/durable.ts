/** Durable and atomic file writes: after a crash or power failure, a file is complete or absent. */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writingTo } from './disk-errors.js';
import { makeFolder } from './make-folder.js';

/** Writes chunks to a file and waits until they are on disk. */
export async function writeSynced(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w');
  await writingTo(path, async () => {
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Syncs the entries of a directory. Some file systems do not support this; errors are ignored. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  try {
    await directory?.sync();
  } catch {
    // Not supported by this file system.
  } finally {
    await directory?.close();
  }
}

/** Replaces a file atomically. */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    await writeSynced(temporary, [typeof content === 'string' ? Buffer.from(content) : content]);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Removes temporary files of interrupted writes. Only the process that holds the lock of the directory may call it. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/\.tmp-\d+$/.test(name)) await rm(join(directory, name), { force: true });
  }
}
