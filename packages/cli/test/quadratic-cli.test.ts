/**
 * The quadratic trainer in an experiment file: text of known quality, from noise in the sources to the order and the
 * trainer.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { branchline } from './bin.js';

/** Greek without spaces: none of its bytes is printable ASCII, which marks noise. */
function writeGreek(directory: string): void {
  const random = new RandomStream(1, 'greek');
  mkdirSync(join(directory, 'texts'));
  for (let index = 0; index < 100; index++) {
    const letters = Array.from({ length: 256 }, () => String.fromCharCode(0x3b1 + random.below(17)));
    writeFileSync(join(directory, 'texts', `${index}.txt`), letters.join(''));
  }
}

const EXPERIMENT = {
  ...TINY,
  data: {
    sources: [{ files: 'texts', corrupt: { share: [0, 1] } }],
    versions: { by: 'random', count: 1, tokens: 12_800 },
    heldOut: 0.1,
    score: 'quality',
  },
  training: { batch: 2, lr: { peak: 0.2, warmup: 3, minRatio: 0 } },
  strategies: { shuffled: ['stable-only'], ascending: ['stable-only', 'curriculum'] },
};

describe('trainer: quadratic', () => {
  it('computes the gain of a curriculum with a constant rate', async () => {
    const directory = folder();
    writeGreek(directory);
    writeFileSync(
      join(directory, 'theory.json'),
      JSON.stringify({ ...EXPERIMENT, trainer: { trainer: 'quadratic', options: { pull: 0 } } }),
    );
    const { code, stderr } = await branchline(directory, 'bench', 'theory.json');
    expect(stderr).not.toContain('went wrong');
    expect(code).toBe(0);
    const { strategies, trainer } = JSON.parse(readFileSync(join(directory, 'runs/theory/results.json'), 'utf8')) as {
      readonly trainer: { readonly name: string };
      readonly strategies: readonly {
        readonly name: string;
        readonly releases: readonly { readonly loss: number }[];
      }[];
    };
    expect(trainer.name).toBe('trainer-quadratic');
    const lossOf = (name: string) => strategies.find((one) => one.name === name)!.releases[0]!.loss;
    expect(lossOf('ascending')).toBeLessThan(0.8 * lossOf('shuffled'));
  });
});
