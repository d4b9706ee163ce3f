import { expect, test } from 'vitest';
import type { TrainerInfo } from '../trainer/trainer.js';
import { type DevicePrice, rateOf } from './prices.js';

const trainer = (info: Partial<TrainerInfo>): TrainerInfo => ({
  ...{ name: 't', version: '1', engine: 'e', device: 'cpu: EPYC 7763', precision: 'float32' },
  ...{ deterministic: true, numerics: 'n' },
  ...info,
});
const table = (unit: DevicePrice['unit']) => ({
  currency: 'USD',
  devices: [{ match: 'EPYC', unit, price: { perHour: 0.5, source: 'ours', date: '2026-11' } }],
});

test('a price is for each unit that a trainer uses', () => {
  expect(rateOf(table('thread'), trainer({ units: 4, unit: 'thread' })).price!.perHour).toBe(2);
  expect(rateOf(table('device'), trainer({ units: 2, unit: 'device' })).price!.perHour).toBe(1);
  expect(rateOf(table('device'), trainer({})).price!.perHour).toBe(0.5);
});

test('a price of a device is refused where a trainer counts threads, and the other way round', () => {
  const cpu = () => rateOf(table('device'), trainer({ units: 4, unit: 'thread' }));
  expect(cpu).toThrow('prices.devices[0].unit: is "device", but the trainer counts each thread of cpu: EPYC 7763');
  expect(cpu).toThrow('Give price, power and peak of one thread, with unit: thread.');
  expect(() => rateOf(table('thread'), trainer({ unit: 'device' }))).toThrow('counts each device');
});
