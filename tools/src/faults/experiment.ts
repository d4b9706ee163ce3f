/**
 * The quick experiment with a model so small that a run takes a second: the same six strategies over three versions,
 * which arrive one after another.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RandomStream } from '@branchline/core';

/** Arguments of the command that the harness runs. */
export const COMMAND = ['bench', 'quick.json', '--no-report'] as const;
/** The command that trains what arrived. */
export const UPDATE = ['update', 'quick.json', '--no-report'] as const;
/** The command that finds damage in files that runs do not read. */
export const VERIFY = ['store', 'verify', 'runs/quick', '--set-aside'] as const;
/** The run and the prepared text, relative to a workspace. */
export const RUN = join('runs', 'quick');
export const CACHE = join('runs', '.data');
/** The experiment file and the folder of all text, relative to a workspace. */
export const EXPERIMENT = 'quick.json';
export const TEXTS = 'texts';
/** Versions of the whole experiment. */
export const VERSIONS = 3;
/** Steps between checkpoints, which is the number of steps that each lane of a killed process loses at most. */
export const CHECKPOINT_EVERY = 3;
/** Segments that are trained at the same time. */
export const LANES = 2;
/** Steps of each lane of a process on a discarded state, before it measures time; they are in no ledger. */
export const WARM_UP_STEPS = 2;

const TEXTS_PER_VERSION = 14;
const WORDS = 'rail line branch main fork switch path step rate loss data token order score version signal'.split(' ');

const average = { plugin: 'model-averaging', options: { last: 3 } };
const switching = (alpha: number) => ({ plugin: 'path-switching', options: { alpha } });

const SETTINGS = {
  model: { layers: 2, width: 16, heads: 2, context: 16 },
  training: { batch: 4, lr: { peak: 4e-3, warmup: 2, minRatio: 0.1 } },
  checkpointEvery: CHECKPOINT_EVERY,
  lanes: LANES,
  strategies: {
    'from scratch': ['from-scratch'],
    continual: ['continual'],
    'path switching': [switching(0.6)],
    'path switching + averaging': [switching(0), average],
    CMA: [switching(0), 'curriculum', average],
    CDMA: [switching(0.6), { plugin: 'curriculum', options: { minRatio: 1 / 3 } }, average],
  },
};

/**
 * Writes the experiment file, with `seeds` seeds, and the text of its first `versions` versions into a folder. A folder
 * that has fewer versions gets the missing ones, as if they had arrived. Deterministic.
 */
export async function writeExperiment(directory: string, seeds: number, versions = VERSIONS): Promise<void> {
  const sources = Array.from({ length: versions }, (_, index) => `${TEXTS}/${index + 1}`);
  for (const source of sources) {
    const random = new RandomStream(1, source);
    await mkdir(join(directory, source), { recursive: true });
    for (let index = 0; index < TEXTS_PER_VERSION; index++) {
      const line = () => Array.from({ length: 4 + random.below(8) }, () => WORDS[random.below(WORDS.length)]).join(' ');
      const text = `text ${index}\n${Array.from({ length: 8 }, line).join('\n')}\n`;
      await writeFile(join(directory, source, `${index}.txt`), text);
    }
  }
  // Eight steps of four sequences in each version.
  const data = { sources, versions: { by: 'source', tokens: 512 }, heldOut: 0.1, score: 'diversity' };
  await writeFile(join(directory, EXPERIMENT), `${JSON.stringify({ ...SETTINGS, data, seeds }, null, 2)}\n`);
}
