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

test('forks and releases stay; with a limit, forks only as long as branches are to leave them', async () => {
  const { checkpoints, states } = await forecast({ branching: [branching()] });
  // Of three versions the last fork is no fork: only its branch is needed. Two forks and three releases stay.
  expect(checkpoints).toBe(5);
  // Fullest while the last branch is trained: two forks, two releases, a state inside the branch and its end. A fork
  // may go when the last branch that leaves it has a state of its own.
  expect(states).toEqual({ end: 5, peak: 6, least: 4 });
});

test('parts of an average are there only until it is made', async () => {
  const { checkpoints, states } = await forecast({ averaging: [branching(), averaging(3, 2)] });
  // Beside two forks and three averages, which have no moments, the ends of the three branches stay: somebody may go on
  // from them.
  expect(checkpoints).toBe(8);
  expect(states.end).toBeCloseTo(5 + 3 / 3);
  expect(states.peak!).toBeGreaterThan(6);
});

test('what is stored takes the space it takes, and nothing is counted twice', async () => {
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
  expect(states).toEqual({ end: 50, peak: 50, least: 30 });
});
