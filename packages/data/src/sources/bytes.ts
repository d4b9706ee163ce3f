/** The bytes of files as a stream, unpacked; damage to compressed files is an error. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { messageOf } from '@branchline/core';

/** Bytes read at once. */
const CHUNK = 1 << 20;

/** A chunked stream of bytes. */
export type Bytes = AsyncIterable<Buffer>;

/** Whether a file name has the extension of gzip. */
export function isGzip(name: string): boolean {
  return /\.gz$/i.test(name);
}

/** Whether a file name has the extension of zstd. */
export function isZstd(name: string): boolean {
  return /\.zst$/i.test(name);
}

/** Streams a file on disk, unpacked if its name ends in `.gz`. Throws an error that describes damage. */
export async function* bytesOf(file: { readonly path: string; readonly name: string }): AsyncGenerator<Buffer> {
  const stored = createReadStream(file.path, { highWaterMark: CHUNK });
  if (!isGzip(file.name)) {
    yield* stored as AsyncIterable<Buffer>;
    return;
  }
  const unpacked = createGunzip({ chunkSize: CHUNK });
  // `pipe` does not pass errors on.
  stored.on('error', (error) => unpacked.destroy(error));
  stored.pipe(unpacked);
  try {
    yield* unpacked as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Error(`its gzip data are damaged: ${messageOf(error)}`, { cause: error });
  } finally {
    stored.destroy();
    unpacked.destroy();
  }
}
