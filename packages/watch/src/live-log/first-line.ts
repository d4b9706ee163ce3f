import { open } from 'node:fs/promises';
import { type BeginLine, parseLine } from './format.js';

/** The first line is short. */
const LONGEST = 64 * 1024;

/** The first line of a live log; undefined if the file is missing or is none. */
export async function firstLineOf(path: string): Promise<BeginLine | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    const { buffer, bytesRead = 0 } = (await file?.read(Buffer.alloc(LONGEST), 0, LONGEST, 0)) ?? {};
    const end = buffer?.subarray(0, bytesRead).indexOf(0x0a) ?? -1;
    const line = end < 0 ? undefined : parseLine(buffer!.toString('utf8', 0, end));
    return line?.type === 'begin' ? line : undefined;
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}
