/** Files that are there whole or not at all, also after the power fails. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes chunks to a file and waits until they are on the disk. */
export async function writeSynced(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the entries of a directory durable. Some file systems cannot; then the rename itself has to do. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  try {
    await directory?.sync();
  } catch {
    // Not supported here.
  } finally {
    await directory?.close();
  }
}

/** Replaces a file as a whole. */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
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

/** Removes what writes that were cut off left in a folder. Only for the one process that may write there. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/\.tmp-\d+$/.test(name)) await rm(join(directory, name), { force: true });
  }
}
