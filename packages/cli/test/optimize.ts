/** What the tests of `optimize` search. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { PUBLISHED_LAWS } from '@branchline/trainer-simulated';

/** An experiment in a folder, and a law for runs of its length. */
export function searchable(changes: object = {}): string {
  const directory = folder();
  writeTexts(directory);
  const law = PUBLISHED_LAWS.get('multi-power-100m')!;
  const fitted = { ...law.fitted, peaks: [2e-3, 2e-3], steps: [16, 48] };
  writeFileSync(join(directory, 'law.json'), JSON.stringify({ ...law, name: 'short', fitted }));
  const strategies = {
    continual: ['continual'],
    switching: ['path-switching'],
    average: [{ plugin: 'path-switching', options: { alpha: 0 } }, 'model-averaging'],
  };
  writeFileSync(join(directory, 'exp.json'), JSON.stringify({ ...TINY, strategies, ...changes }));
  return directory;
}
