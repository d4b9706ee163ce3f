/** Several processes that train one model. They need PyTorch: npx branchline backend install torch. */
import type { BranchlineError } from '@branchline/core';
import { createTrainerTester } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { create, kitInput, refusal, steps, train } from '../test/fixtures.js';
import { groupOf, leftOf } from '../test/processes.js';

describe.skipIf(refusal !== undefined || process.platform !== 'linux')('two processes', { timeout: 300_000 }, () => {
  createTrainerTester(...kitInput('torch with two processes', { processes: 2 })).register({ describe, it });

  it('are named in what the ledger and the keys hold', async () => {
    const [one, two] = [await create(), await create({ processes: 2 })];
    const [alone, several] = [one.describe(), two.describe()];
    expect([alone.units, several.units]).toEqual([1, 2]);
    expect(several.processor).toBe(`${alone.processor}, 2 processes`);
    expect(several.numerics).toBe(alone.numerics.replace(alone.processor!, several.processor!));
    await one.dispose();
    await two.dispose();
  });

  it('end when one is killed, with one error that names it, and the next state gets new ones', async () => {
    const trainer = await create({ processes: 2 });
    const state = await trainer.initialize(1);
    const group = groupOf(await trainer.workerId());
    expect(group).toHaveLength(3);
    process.kill(group.at(-1)!, 'SIGKILL');
    const error: unknown = await train(trainer, state, steps(1, 3)).catch((caught: unknown) => caught);
    const [problem] = (error as BranchlineError).problems;
    const named = `rank 1 of 2 (process ${group.at(-1)}) was killed by SIGKILL during`;
    expect(problem!.message).toContain(`trainer-torch: ${named}`);
    expect(problem!.remedy).toContain('microBatch');
    expect(await leftOf(group)).toEqual([]);
    const other = await trainer.initialize(1);
    expect(await train(trainer, other, steps(1, 3))).toHaveLength(1);
    await trainer.dispose();
  });
});
