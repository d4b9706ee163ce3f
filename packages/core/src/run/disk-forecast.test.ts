import { expect, test } from 'vitest';
import { averaging, branching } from '../../test/plugins.js';
import { model, toyData, toyKernel } from '../../test/toy.js';
import { targetsOf } from '../plan/experiment-plan.js';
import { forecastDisk } from './disk-forecast.js';

/** Bytes of a checkpoint: weights and two moments in float32. */
const STATE = 12 * model.parameters;

async function forecast(strategies: Parameters<typeof toyKernel>[0], store?: object) {
  const data = toyData({ versions: 3 });
  const plan = await toyKernel(strategies, 'nowhere', { data }).plan();
  const input = { graph: plan.graph, targets: targetsOf(plan), parameters: model.parameters, store: store as never };
  const { checkpoints, ...bytes } = forecastDisk(input);
  const states = Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, value / STATE]));
  return { plan, checkpoints, states };
}

test('forks and releases are kept; with a limit, forks only until their branches have started', async () => {
  const { checkpoints, states } = await forecast({ branching: [branching()] });
  // Three forks, from the last of which the next version continues, and three releases are kept.
  expect(checkpoints).toBe(6);
  // The peak is during the last branch: three forks, two releases, a state inside the branch, and its end. A fork may
  // be
  // deleted once the last branch that leaves it has stored a state.
  expect(states).toEqual({ end: 6, peak: 7, least: 4 });
});

test('parts of an average exist only until the average is made', async () => {
  const { checkpoints, states } = await forecast({ averaging: [branching(), averaging(3, 2)] });
  // Kept: three forks, three averages (without moments), and the ends of the three branches, because a later version
  // could continue from them.
  expect(checkpoints).toBe(9);
  expect(states.end).toBeCloseTo(6 + 3 / 3);
  expect(states.peak!).toBeGreaterThan(7);
});

test('stored checkpoints count with their actual size, and only once', async () => {
  const { plan } = await forecast({ branching: [branching()] });
  const manifests = plan.graph
    .nodes()
    .filter(({ kind }) => kind === 'step')
    .map(({ key, kind }) => ({ key, kind, files: { weights: { bytes: 10 * STATE } } }));
  const stored = new Map(manifests.map((manifest) => [manifest.key, manifest]));
  const store = {
    has: (key: string) => stored.has(key),
    list: () => manifests,
    manifest: (key: string) => stored.get(key),
  };
  const { states } = await forecast({ branching: [branching()] }, store);
  expect(states).toEqual({ end: 60, peak: 60, least: 30 });
});
