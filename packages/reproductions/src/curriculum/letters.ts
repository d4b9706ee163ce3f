/** Text whose quality the quadratic trainer can read. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, RandomStream } from '@branchline/core';
import type { ScoredText } from './text.js';

const FILES = 250;
const LETTERS = 256;
/** Range of Greek letters. */
const [ALPHA, OMEGA] = [0x3b1, 0x3c9];

/**
 * Writes files of Greek letters without spaces, the same every time. None of their bytes is printable ASCII, which
 * marks noise.
 */
export async function writeLetters(directory: string): Promise<void> {
  await makeFolder(directory);
  const random = new RandomStream(1, 'letters');
  for (let index = 0; index < FILES; index++) {
    const letters = Array.from({ length: LETTERS }, () => String.fromCharCode(ALPHA + random.below(OMEGA - ALPHA + 1)));
    await writeFile(join(directory, `${index}.txt`), letters.join(''));
  }
}

/** The letters of a folder, each file with a random share of noise. */
export const lettersIn = (directory: string): ScoredText => ({
  sources: [{ files: directory, corrupt: { share: [0, 1] } }],
  score: 'quality',
  metric: 'loss',
  domains: 'separate',
  elsewhere: { label: 'held-out text', metrics: ['loss'] },
});
