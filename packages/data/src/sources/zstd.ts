/** What the headers of zstd files tell without unpacking them. */
import { open } from 'node:fs/promises';

/** Largest window of zstd data that DuckDB unpacks, in bytes. */
export const MAX_ZSTD_WINDOW = 128 * 2 ** 20;

const FRAME = 0xfd2fb528;
/** First of the 16 magic numbers of skippable frames, which hold no text. */
const SKIPPABLE = 0x184d2a50;
const CUT_OFF = 'its zstd data are cut off';

/** State of a zstd file as far as its headers tell. */
export interface ZstdHeaders {
  /** Describes the damage; undefined if the file is whole. */
  readonly damage?: string;
  /** Largest window of a frame, in bytes. */
  readonly window: number;
}

/**
 * Walks the block headers of a zstd file without unpacking it (RFC 8878, section 3.1): DuckDB silently reads the intact
 * beginning of a truncated file.
 */
export async function zstdHeaders(file: string): Promise<ZstdHeaders> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(18);
    const read = async (at: number, count: number) => (await handle.read(bytes, 0, count, at)).bytesRead === count;
    let window = 0;
    let at = 0;
    while (at < size) {
      if (!(await read(at, 8))) return { damage: CUT_OFF, window };
      const magic = bytes.readUInt32LE(0);
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
        at += 8 + bytes.readUInt32LE(4);
        continue;
      }
      if (magic !== FRAME) return { damage: 'it is not zstd', window };
      const descriptor = bytes[4]!;
      const isSingle = (descriptor & 0x20) !== 0;
      const dictionary = [0, 1, 2, 4][descriptor & 3]!;
      const content = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
      if (isSingle && !(await read(at, 5 + dictionary + content))) return { damage: CUT_OFF, window };
      window = Math.max(window, isSingle ? sizeIn(bytes, 5 + dictionary, content) : windowIn(bytes[5]!));
      at += 5 + (isSingle ? 0 : 1) + dictionary + content;
      for (let isLast = false; !isLast; ) {
        if (!(await read(at, 3))) return { damage: CUT_OFF, window };
        const header = bytes.readUIntLE(0, 3);
        isLast = (header & 1) === 1;
        // An RLE block stores its repeated byte once.
        at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
      }
      if ((descriptor & 4) !== 0) at += 4;
    }
    return { damage: at === size && size > 0 ? undefined : CUT_OFF, window };
  } finally {
    await handle.close();
  }
}

/** Window size from a window descriptor. */
function windowIn(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Size of a frame in one segment, which is its window. */
function sizeIn(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}
