/** Peak memory of training with two workers, in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { modelSchema, parameterCount } from '@branchline/model';
import { describe, expect, it } from 'vitest';
import { tiny } from '../../test/fixtures.js';

const FLAGS = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register', 'test/measure-memory.ts'];
const LIMIT = 240_000;

/** Bytes after a start with a tiny model, after one step of this model, and at the end. */
async function measure(fields: object, sequences: number): Promise<{ start: number; first: number; end: number }> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...FLAGS, JSON.stringify(fields), String(sequences)],
    { cwd: join(import.meta.dirname, '../..'), timeout: LIMIT },
  );
  return JSON.parse(stdout) as { start: number; first: number; end: number };
}

describe('peak memory', () => {
  it(
    'holds weights, moments, and per worker weights, gradient and the copy of onnxruntime-node; little else',
    async () => {
      const fields = { layers: 8, width: 512, heads: 4, kvHeads: 4, hidden: 1368 };
      const copies = 4 * parameterCount(modelSchema.parse({ ...tiny, ...fields }));
      const { start, end } = await measure(fields, 2);
      // Nine are needed, and one more in each worker makes eleven.
      expect((end - start) / copies).toBeLessThan(10.5);
    },
    LIMIT,
  );

  it(
    'does not grow by another set of activations after the first step',
    async () => {
      const fields = { layers: 4, width: 128, heads: 2, kvHeads: 2, hidden: 344, context: 128 };
      const { start, first, end } = await measure(fields, 16);
      expect((end - start) / (first - start)).toBeLessThan(1.35);
    },
    LIMIT,
  );
});
