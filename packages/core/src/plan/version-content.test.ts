import { expect, test } from 'vitest';
import { toyData } from '../../test/toy.js';
import type { DataProvider } from './data.js';
import { versionContents } from './version-content.js';

/** The same text without its first version. */
function withoutFirst(data: DataProvider): DataProvider {
  return {
    ...data,
    versions: data.versions.slice(1).map((version, at) => ({ ...version, index: at + 1 })),
    order: ({ parts, ...request }) =>
      data.order({ ...request, parts: parts.map(({ version, ...part }) => ({ ...part, version: version + 1 })) }),
    evaluationSets: () =>
      data
        .evaluationSets()
        .slice(1)
        .map(({ digest, parts }) => ({
          digest: `moved ${digest}`,
          parts: parts.map((part) => ({ ...part, version: part.version - 1 })),
        })),
  };
}

test('a version keeps its digest when the one before it leaves', () => {
  const data = toyData({ versions: 3 });
  expect(versionContents(withoutFirst(data))).toEqual(versionContents(data).slice(1));
});

test('a digest holds the training and the held-out text', () => {
  const [first] = versionContents(toyData({ versions: 1 }));
  expect(versionContents(toyData({ versions: 1, sequences: 41 }))[0]!.digest).not.toBe(first!.digest);
  const data = toyData({ versions: 1 });
  const other = {
    ...data,
    evaluationSets: () =>
      data.evaluationSets().map((set) => ({
        ...set,
        parts: set.parts.map((part) => ({ ...part, sequences: Uint32Array.of(2000) })),
      })),
  };
  expect(versionContents(other)[0]!.digest).not.toBe(first!.digest);
});
