import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HeldOutResult } from '../results/results.js';
import { summarize } from './losses.js';

const versions = [1, 2, 3].map((index) => ({ index, name: `part ${index}`, sequences: 1, tokens: 1 }));
const domains = ['code', 'prose', '__proto__'];

/**
 * Every version has the domain of its own index and any other domains, as when increments come from different domains.
 */
const results = fc
  .tuple(
    ...versions.map(({ index }) =>
      fc.subarray(domains).chain((some) => {
        const own = [...new Set([domains[index - 1]!, ...some])];
        const amounts = fc.record({
          nll: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
          tokens: fc.integer({ min: 1, max: 1e6 }),
          bytes: fc.integer({ min: 1, max: 1e7 }),
        });
        return fc.tuple(...own.map((domain) => amounts.map((amount) => ({ version: index, domain, ...amount }))));
      }),
    ),
  )
  .map((parts) => parts.flat());

const meanLoss = (parts: readonly HeldOutResult[]) =>
  parts.reduce((sum, { loss, tokens }) => sum + loss * tokens, 0) / parts.reduce((sum, { tokens }) => sum + tokens, 0);
/** Computes the bytes of each part from its two losses. */
const bitsPerByte = (parts: readonly HeldOutResult[]) => {
  const bits = ({ loss, tokens }: HeldOutResult) => (loss * tokens) / Math.LN2;
  const all = parts.reduce((sum, part) => sum + bits(part), 0);
  return all / parts.reduce((sum, part) => sum + bits(part) / part.bitsPerByte, 0);
};

it('the parts by version and domain add up to all other losses', () => {
  fc.assert(
    fc.property(results, fc.integer({ min: 1, max: 3 }), (evaluated, version) => {
      const of = summarize(evaluated, version, versions);
      expect(of.heldOut.map(({ version, domain, tokens }) => ({ version, domain, tokens }))).toEqual(
        evaluated.map(({ version, domain, tokens }) => ({ version, domain, tokens })),
      );
      const seen = of.heldOut.filter((part) => part.version <= version);
      const close = (value: number, to: number) => expect(Math.abs(value / to - 1)).toBeLessThan(1e-12);
      close(meanLoss(seen), of.loss);
      close(bitsPerByte(seen), of.bitsPerByte);
      expect(Object.keys(of.lossByDomain)).toEqual([...new Set(seen.map(({ domain }) => domain))].sort());
      for (const [name, loss] of Object.entries(of.lossByDomain)) {
        close(meanLoss(seen.filter(({ domain }) => domain === name)), loss);
      }
      for (const { index, name } of versions) {
        close(meanLoss(of.heldOut.filter((part) => part.version === index)), of.lossByVersion[name]!);
      }
    }),
    { seed: 6, numRuns: 200 },
  );
});
