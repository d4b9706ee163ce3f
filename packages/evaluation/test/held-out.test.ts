import { continual } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { transferOf } from '../src/held-out/transfer.js';
import { run } from './run.js';

test('releases have losses on every part of the held-out text, and transfer metrics', async () => {
  const { results } = await run({ continual: [continual()] });
  const { data, strategies } = results;
  const { releases } = strategies[0]!;
  expect(releases).toHaveLength(4);
  const matrix = releases.map(({ lossByVersion }) => data.versions.map(({ name }) => lossByVersion[name]!));
  for (const [index, { heldOut, transfer }] of releases.entries()) {
    expect(heldOut!.map(({ version, loss }) => [version, loss])).toEqual(
      data.versions.map((version, column) => [version.index, matrix[index]![column]]),
    );
    expect(transfer).toEqual(transferOf(matrix.slice(0, index + 1)));
  }
  expect(releases[0]!.transfer).toBeUndefined();
  expect(releases[3]!.transfer).toBeDefined();
});
