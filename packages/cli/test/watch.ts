/** An experiment of the quadratic trainer, for tests of `watch`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';

/** Writes `toy.json` and its texts. `seeds` makes the run longer, and `tokens` of a version its segments. */
export function quadratic(seeds = 1, directory = folder(), tokens = 2048): string {
  writeTexts(directory, tokens / 32);
  const config = {
    ...TINY,
    data: { ...TINY.data, versions: { ...TINY.data.versions, tokens } },
    trainer: 'quadratic',
    training: { batch: 2, lr: { peak: 0.2, warmup: 3, minRatio: 0 } },
    strategies: { 'from scratch': ['from-scratch'], 'path switching': ['path-switching'] },
    seeds,
  };
  writeFileSync(join(directory, 'toy.json'), JSON.stringify(config));
  return directory;
}

/** The address of the page in some output. */
export const addressIn = (text: string): string | undefined => /http:\/\/127\.0\.0\.1:\d+\/\S+\//.exec(text)?.[0];
