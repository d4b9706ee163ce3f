/** Integrity checks of compressed files: DuckDB silently reads the intact beginning of a truncated file. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf } from '@branchline/core';

/** Describes the damage of a `.gz` or `.zst` file; undefined if it is intact or has another extension. */
export async function damageOf(file: string, signal?: AbortSignal): Promise<string | undefined> {
  if (/\.gz$/i.test(file)) return await damageOfGzip(file, signal);
  if (!/\.zst$/i.test(file)) return undefined;
  const handle = await open(file, 'r');
  try {
    return await damageOfZstd(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

async function damageOfGzip(file: string, signal?: AbortSignal): Promise<string | undefined> {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(file), createGunzip({ chunkSize: 1 << 20 }), sink, { signal });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return `its gzip data are damaged: ${messageOf(error)}`;
  }
}

const FRAME = 0xfd2fb528;
/** First of the 16 magic numbers of skippable frames, which hold no text. */
const SKIPPABLE = 0x184d2a50;
const CUT_OFF = 'its zstd data are cut off';

/** Walks the block headers without decompressing: RFC 8878, section 3.1. */
async function damageOfZstd(handle: FileHandle, size: number): Promise<string | undefined> {
  const bytes = Buffer.alloc(18);
  const read = async (at: number, count: number) => (await handle.read(bytes, 0, count, at)).bytesRead === count;
  let at = 0;
  while (at < size) {
    if (!(await read(at, 8))) return CUT_OFF;
    const magic = bytes.readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + bytes.readUInt32LE(4);
      continue;
    }
    if (magic !== FRAME) return 'it is not zstd';
    const descriptor = bytes[4]!;
    const isSingle = (descriptor & 0x20) !== 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3]!;
    const content = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    at += 5 + (isSingle ? 0 : 1) + dictionary + content;
    for (let isLast = false; !isLast; ) {
      if (!(await read(at, 3))) return CUT_OFF;
      const header = bytes.readUIntLE(0, 3);
      isLast = (header & 1) === 1;
      // An RLE block stores its repeated byte once.
      at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
    }
    if ((descriptor & 4) !== 0) at += 4;
  }
  return at === size && size > 0 ? undefined : CUT_OFF;
}
