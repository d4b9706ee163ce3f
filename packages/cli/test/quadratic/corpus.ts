/**
 * A synthetic corpus with exactly known quality: in the score that orders it, and in the tokens from which the
 * quadratic trainer reads it.
 */
import { type DataProvider, digestJson } from '@branchline/core';
import { syntheticData } from '@branchline/testing';

const CONTEXT = 100;
/** A token inside the trainer's default range of noise tokens, and one outside. */
const [NOISE, CLEAN] = [64, 0];

/** One version of `sequences` sequences with qualities evenly spread from 0 to 1, in hundredths. */
export function qualityCorpus(sequences: number): DataProvider {
  const synthetic = syntheticData({ versions: [sequences], context: CONTEXT, vocabulary: 128 });
  const { ids } = synthetic.order({ parts: [{ version: 1 }], order: { by: 'ascending' }, seed: 0 });
  const noise = new Uint8Array(sequences);
  for (const [rank, id] of ids.entries()) noise[id] = Math.round(CONTEXT * (1 - rank / (sequences - 1)));
  return {
    ...synthetic,
    digest: digestJson({ quality: synthetic.digest }),
    read(asked) {
      const tokens = new Int32Array(asked.length * (CONTEXT + 1)).fill(CLEAN);
      for (const [row, id] of asked.entries()) {
        const begin = row * (CONTEXT + 1) + 1;
        tokens.fill(NOISE, begin, begin + (noise[id] ?? 0));
      }
      return tokens;
    },
  };
}
