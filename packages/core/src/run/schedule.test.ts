import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { strategies } from '../../test/arbitrary-strategies.js';
import { branching, continual } from '../../test/plugins.js';
import { model, toyData, toyKernel } from '../../test/toy.js';
import type { Operation } from '../graph/operations.js';
import type { Digest } from '../json.js';
import { releasesOf, targetsOf } from '../plan/experiment-plan.js';
import { RandomStream } from '../random.js';
import { compileOperations } from './compile-operations.js';
import { diskUse, forecastDisk } from './disk-forecast.js';
import { Schedule, type Unit } from './schedule.js';

const planOf = (choice: Parameters<typeof toyKernel>[0]) =>
  toyKernel(choice, 'nowhere', { data: toyData({ versions: 3 }) }).plan();

async function listOf(choice: Parameters<typeof toyKernel>[0], limit?: number) {
  const plan = await planOf(choice);
  const input = { graph: plan.graph, targets: targetsOf(plan), parameters: model.parameters };
  const { least, peak } = forecastDisk(input);
  const diskLimit = limit === undefined ? undefined : Math.round(least + limit * (peak - least));
  const nextCheckpoint = ({ steps }: { readonly steps: number }, done: number) => Math.min(steps, done + 4);
  const operations = compileOperations({ ...input, releases: releasesOf(plan), nextCheckpoint, diskLimit });
  return { operations, diskLimit };
}

/** Carries out a schedule in a random order that lanes could produce. Fails when a unit reads what is not there. */
function carryOut(schedule: Schedule, lanes: number, seed: number) {
  const stream = new RandomStream(seed, 'order');
  const stored = new Map<Digest, number>();
  const order: Operation[] = [];
  let most = 0;
  const held: (Digest | undefined)[] = Array.from({ length: lanes }, () => undefined);
  const running = new Map<number, Unit>();
  const finish = (lane: number) => {
    const unit = running.get(lane)!;
    running.delete(lane);
    let memory = held[lane];
    for (const operation of unit.operations) {
      const { key, reads } = operation;
      for (const read of reads) if (read !== memory) expect(stored.has(read), `${operation.kind} reads it`).toBe(true);
      if (operation.kind === 'make' || operation.kind === 'train') memory = key;
      if (operation.kind === 'save') stored.set(key, operation.bytes);
      if (operation.kind === 'delete') expect(stored.delete(key), 'it was there').toBe(true);
      most = Math.max(
        most,
        [...stored.values()].reduce((sum, bytes) => sum + bytes, 0),
      );
      order.push(operation);
    }
    held[lane] = memory;
    schedule.finish(unit);
    schedule.leave(unit);
  };
  for (;;) {
    for (let lane = 0; lane < lanes; lane++) {
      const unit = running.has(lane) ? undefined : schedule.take(held[lane]);
      if (unit !== undefined) running.set(lane, unit);
    }
    if (running.size === 0) return { order, stored, most };
    const busy = [...running.keys()];
    finish(busy[Math.floor(stream.uniform() * busy.length)]!);
  }
}

const RUNS = inject('full') ? 150 : 30;
const lanes = fc.integer({ min: 1, max: 4 });

describe('a schedule', () => {
  it('with one lane has the order of the list', async () => {
    await fc.assert(
      fc.asyncProperty(
        strategies,
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
        async (choice, limit) => {
          const { operations } = await listOf(choice, limit);
          expect(carryOut(new Schedule(operations, { lanes: 1, limited: limit !== undefined }), 1, 1).order).toEqual(
            operations,
          );
        },
      ),
      { seed: 1, numRuns: RUNS },
    );
  });

  it('in any order of lanes carries out the whole list, and reads only what exists', async () => {
    await fc.assert(
      fc.asyncProperty(strategies, lanes, fc.nat(999), async (choice, count, seed) => {
        const { operations } = await listOf(choice);
        const { order, stored } = carryOut(new Schedule(operations, { lanes: count }), count, seed);
        expect(new Set(order)).toEqual(new Set(operations));
        const inOrder = carryOut(new Schedule(operations, { lanes: 1 }), 1, seed);
        expect(new Set(stored.keys())).toEqual(new Set(inOrder.stored.keys()));
      }),
      { seed: 2, numRuns: RUNS },
    );
  });

  it('holds the limit that the list was compiled for', async () => {
    await fc.assert(
      fc.asyncProperty(
        strategies,
        lanes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(999),
        async (choice, count, limit, seed) => {
          const { operations, diskLimit } = await listOf(choice, limit);
          const { order, most } = carryOut(new Schedule(operations, { lanes: count, limited: true }), count, seed);
          expect(order).toHaveLength(operations.length);
          expect(most).toBeLessThanOrEqual(diskLimit!);
          expect(diskUse({ bytes: 0, checkpoints: 0 }, operations).peak).toBeLessThanOrEqual(diskLimit!);
        },
      ),
      { seed: 3, numRuns: RUNS },
    );
  });

  it('gives a lane what continues its state, and another lane something else', async () => {
    const { operations } = await listOf({ branching: [branching()], continual: [continual()] });
    const schedule = new Schedule(operations, { lanes: 2 });
    const first = schedule.take()!;
    expect(first.operations.map(({ kind }) => kind)).toEqual(['make', 'train', 'save']);
    expect(schedule.take()).toBeUndefined();
    schedule.finish(first);
    schedule.leave(first);
    const held = first.operations.at(-1)!.key;
    const next = schedule.take(held)!;
    expect(next.operations[0].reads).toEqual([held]);
    expect(schedule.take()!.operations[0].reads).toEqual([held]);
  });

  it('that was closed gives only what applies in any case', async () => {
    const { operations } = await listOf({ branching: [branching()] });
    const schedule = new Schedule(operations, { lanes: 1 });
    const taken: Operation[] = [];
    for (let unit = schedule.take(); unit !== undefined; unit = schedule.take()) {
      taken.push(...unit.operations);
      if (unit.operations.some(({ kind }) => kind === 'save') && taken.length > 12) schedule.close();
      schedule.finish(unit);
      schedule.leave(unit);
    }
    expect(schedule.isIdle).toBe(true);
    expect(taken.length).toBeLessThan(operations.length);
    const lastSave = taken.findLastIndex(({ kind }) => kind === 'save');
    for (const { kind } of taken.slice(lastSave + 1)) expect(['delete', 'evaluate', 'release']).toContain(kind);
  });

  it('does not give what waits for a unit that failed', async () => {
    const { operations } = await listOf({ branching: [branching()] });
    const schedule = new Schedule(operations, { lanes: 2 });
    schedule.leave(schedule.take()!);
    expect(schedule.take()).toBeUndefined();
    expect(schedule.stepsLeft).toBeGreaterThan(0);
  });
});
