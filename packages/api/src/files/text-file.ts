import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { describeDiskError } from '@branchline/core';

/** Limit on bytes. Configuration files are far smaller. */
const LARGEST = 4 * 2 ** 20;

/**
 * Reads a small text file. Only regular files are read: a pipe or a device may never end. Throws an Error that says
 * what is wrong; `shown` is the path as the user wrote it.
 */
export async function readTextFile(shown: string, file: string): Promise<string> {
  const unread = (error: NodeJS.ErrnoException): never => {
    throw new Error(
      error.code === 'ENOENT'
        ? `there is no file ${shown}`
        : `${shown} cannot be read: ${describeDiskError(error)?.what ?? error.message}`,
    );
  };
  const found = await stat(file).catch(unread);
  if (!found.isFile()) throw new Error(`${shown} is not a file`);
  if (found.size > LARGEST)
    throw new Error(`${shown} is too large: it has ${found.size} bytes, and at most ${LARGEST} are read`);
  const bytes = await readFile(file).catch(unread);
  if (!isUtf8(bytes)) throw new Error(`${shown} is not text in UTF-8`);
  return bytes.toString('utf8');
}
