/** When a version arrives, exactly what is new is trained, for every plugin. */

import { fromScratch } from '@branchline/plugin-baselines';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { checkGrowth, syntheticData } from '@branchline/testing';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { caseOf, drawnCases } from './exactness/cases.js';
import { TRAINERS } from './exactness/trainers.js';

const corpora = (sizes: readonly number[], domains = 1) =>
  sizes.map((_, index) => syntheticData({ versions: sizes.slice(0, index + 1), domains }));

describe('versions that arrive one after another are trained once, and end as if all had been there', () => {
  const toy = TRAINERS.find(({ name }) => name === 'toy')!;

  it('for any composition of plugins', { timeout: 900_000 }, async () => {
    const { model, trainer } = await toy.create();
    let grown = 0;
    const property = fc.asyncProperty(drawnCases(toy.most), async (drawn) => {
      const made = await caseOf(drawn, model);
      if (made === undefined) return;
      const { strategies, spec, data } = made;
      const sizes = data.versions.map(({ sequences }) => sequences);
      if (sizes.length > 1) grown++;
      await checkGrowth({ strategies, spec, model, trainer, corpora: corpora(sizes, drawn.domains) });
    });
    await fc.assert(property, { seed: 1, numRuns: inject('full') ? 200 : 16, endOnFailure: true });
    expect(grown).toBeGreaterThan(inject('full') ? 60 : 4);
    await trainer.dispose();
  });

  it('trains the rest of the main path and a branch, the fourth training from scratch, and no more', async () => {
    const strategies = {
      scratch: [fromScratch()],
      switching: [pathSwitching({ alpha: 0.6 })],
      averaged: [pathSwitching({ alpha: 0 }), modelAveraging({ last: 3 })],
    };
    const runs = await checkGrowth({ strategies, corpora: corpora([40, 40, 40, 40]).slice(2) });
    const steps = runs.map(({ actual }) => actual.steps);
    // Increments of 10 steps: 40 from scratch; 6 to the end of the third version, 4 and a branch of 6; 10 of 0 shared.
    expect(steps[1]! - steps[0]!).toBe(40 + 6 + 4 + 6 + 6 - 6);
  });
});
