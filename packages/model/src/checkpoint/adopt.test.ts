import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '@branchline/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Written, writeCheckpoint } from '../../test/checkpoints.js';
import { parameterTable } from '../parameters.js';
import { modelSchema } from '../spec.js';
import { adoptWeights, openAdopted } from './adopt.js';
import { openCheckpoint } from './open.js';

const spec = modelSchema.parse({ layers: 2, width: 16, heads: 4, kvHeads: 2, context: 32, vocabulary: 50 });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'branchline-checkpoint-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const write = (name: string, written?: Written) => writeCheckpoint(join(directory, name), spec, written);
const adopt = async (name: string) => adoptWeights(await openCheckpoint(join(directory, name)), join(directory, 'own'));

describe('adopting a checkpoint', () => {
  it.each([{ dtype: 'F32' }, { dtype: 'BF16', shards: 3 }, { dtype: 'F16', shards: 2 }] as const)(
    'keeps every value of $dtype',
    async (written) => {
      const values = write('a', written);
      const reader = await openAdopted(await adopt('a'));
      const tensors = await reader.read('weights');
      expect(tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
        parameterTable(spec).map(({ name, shape }) => ({ name, dtype: 'F32', shape })),
      );
      for (const [index, { data }] of tensors.entries()) {
        expect(new Float32Array(data.slice().buffer)).toEqual(Float32Array.from(values[index]!));
      }
      expect(decodeSafetensors(readFileSync(reader.file!('weights')))).toEqual(tensors);
    },
  );

  it('gives equal weights equal digests, whatever files they were in, and other weights another', async () => {
    write('one');
    write('two', { shards: 2, config: { architectures: null, rope_theta: undefined } });
    write('other', { dtype: 'BF16' });
    const digests = [];
    for (const name of ['one', 'two', 'other']) digests.push((await adopt(name)).digest);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
    expect(readdirSync(join(directory, 'own')).sort()).toEqual([...new Set(digests), 'adopted'].sort());
  });

  it('writes nothing again for a checkpoint that it knows, and sees changed content', async () => {
    write('a');
    const first = await adopt('a');
    const steps: number[] = [];
    const folder = await openCheckpoint(join(directory, 'a'));
    await adoptWeights(folder, join(directory, 'own'), { onProgress: ({ bytes, of }) => steps.push(bytes / of) });
    // Half of the work is to read, half to write.
    expect(steps.at(-1)).toBeCloseTo(0.5, 1);
    const weights = join(directory, 'a', 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.byteLength - 2]! ^= 1;
    writeFileSync(weights, bytes);
    expect((await adopt('a')).digest).not.toBe(first.digest);
  });

  it('keeps the descriptions of each checkpoint, also of one with equal weights', async () => {
    write('one', { config: { rope_theta: 1000 } });
    write('two', { config: { rope_theta: 2000 } });
    const adopted = [await adopt('one'), await adopt('two'), await adopt('one')];
    const thetas = adopted.map(({ directory: kept, description }) => {
      const config = readFileSync(join(kept, description, 'config.json'), 'utf8');
      return (JSON.parse(config) as { rope_theta: number }).rope_theta;
    });
    expect(thetas).toEqual([1000, 2000, 1000]);
    expect(new Set(adopted.map(({ digest }) => digest)).size).toBe(1);
  });

  it('finds damage of its own file, and makes it again', async () => {
    write('a');
    const adopted = await adopt('a');
    const weights = join(adopted.directory, 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.byteLength - 2]! ^= 1;
    writeFileSync(weights, bytes);
    await expect(openAdopted(adopted)).rejects.toThrow('is damaged');
    const again = await adopt('a');
    expect(again).toEqual(adopted);
    await expect(openAdopted(again)).resolves.toMatchObject({ key: adopted.digest, step: 0 });
  });

  it('refuses values that are not numbers, and leaves nothing', async () => {
    const broken = Buffer.from(Float32Array.of(Number.NaN).buffer);
    write('a', {
      arrays: (all) => all.map((one, at) => (at === 3 ? { ...one, data: nanFirst(one.data, broken) } : one)),
    });
    await expect(adopt('a')).rejects.toThrow(/model.layers.0.*has a value that is not a finite number/);
    expect(readdirSync(join(directory, 'own'))).toEqual(['adopted']);
  });

  it('stops when it is aborted', async () => {
    write('a');
    const folder = await openCheckpoint(join(directory, 'a'));
    await expect(adoptWeights(folder, join(directory, 'own'), { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

function nanFirst(data: Uint8Array, value: Buffer): Uint8Array {
  const copy = Uint8Array.from(data);
  copy.set(value);
  return copy;
}
