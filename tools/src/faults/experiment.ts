/**
 * The quick experiment with a model so small that a run takes a second: the same six strategies over three versions.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RandomStream } from '@branchline/core';

/** Arguments of the command that the harness runs. */
export const COMMAND = ['bench', 'quick.json', '--no-report'] as const;
/** The command that finds damage in files that runs do not read. */
export const VERIFY = ['store', 'verify', 'runs/quick', '--set-aside'] as const;
/** The run and the prepared text, relative to a workspace. */
export const RUN = join('runs', 'quick');
export const CACHE = join('runs', '.data');

const WORDS = 'rail line branch main fork switch path step rate loss data token order score version signal'.split(' ');

const average = { plugin: 'model-averaging', options: { last: 3 } };
const switching = (alpha: number) => ({ plugin: 'path-switching', options: { alpha } });

const EXPERIMENT = {
  model: { layers: 2, width: 16, heads: 2, context: 16 },
  // Eight steps of four sequences in each version.
  data: { sources: ['texts'], versions: { by: 'random', count: 3, tokens: 512 }, heldOut: 0.1, score: 'diversity' },
  training: { batch: 4, lr: { peak: 4e-3, warmup: 2, minRatio: 0.1 } },
  checkpointEvery: 3,
  strategies: {
    'from scratch': ['from-scratch'],
    continual: ['continual'],
    'path switching': [switching(0.6)],
    'path switching + averaging': [switching(0), average],
    CMA: [switching(0), 'curriculum', average],
    CDMA: [switching(0.6), { plugin: 'curriculum', options: { minRatio: 1 / 3 } }, average],
  },
};

/** Writes the experiment file, with `seeds` seeds, and its text into a folder. Deterministic. */
export async function writeExperiment(directory: string, seeds: number): Promise<void> {
  const random = new RandomStream(1, 'texts');
  await mkdir(join(directory, 'texts'), { recursive: true });
  for (let index = 0; index < 40; index++) {
    const line = () => Array.from({ length: 4 + random.below(8) }, () => WORDS[random.below(WORDS.length)]).join(' ');
    const text = `text ${index}\n${Array.from({ length: 8 }, line).join('\n')}\n`;
    await writeFile(join(directory, 'texts', `${index}.txt`), text);
  }
  await writeFile(join(directory, 'quick.json'), `${JSON.stringify({ ...EXPERIMENT, seeds }, null, 2)}\n`);
}
