/** The first steps of a run are slow, because programs are compiled: no strategy pays for them. */
import { type ToyOptions, ToyTrainer, temporaryDirectory, toyData, version } from '@branchline/core/fixtures';
import { afterEach, expect, test, vi } from 'vitest';
import { digests, run } from './run.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The same steps at two rates, so that the strategies share nothing and cost the same. */
const strategies = () => ({
  high: [version('high', { lr: { peak: 0.05 } })],
  low: [version('low', { lr: { peak: 0.01 } })],
});
const data = toyData({ versions: 1 });

/** A trainer on a fake clock: the first steps and the first evaluation take 250 ms, all others 2 ms. */
class Compiling extends ToyTrainer {
  evaluated = 0;
  now = 0;

  constructor(slow: number, options: ToyOptions) {
    super({
      ...options,
      beforeStep: (made) => {
        this.now += made < slow ? 250 : 2;
        options.beforeStep?.(made);
      },
    });
    vi.spyOn(performance, 'now').mockImplementation(() => this.now);
  }

  override evaluate(...input: Parameters<ToyTrainer['evaluate']>) {
    this.now += this.evaluated++ === 0 ? 250 : 2;
    return super.evaluate(...input);
  }
}

const seconds = ({ results }: Awaited<ReturnType<typeof run>>) =>
  results.strategies.map(({ cost }) => cost.standalone.deviceSeconds);

test('equal strategies have equal device time, whichever came first', async () => {
  for (const [slow, options] of [
    [2, { warmUpSteps: undefined }],
    [5, { warmUpSteps: 5 }],
  ] as const) {
    const trainer = new Compiling(slow, options);
    const first = await run(strategies(), { data, trainer });
    const [high, low] = seconds(first);
    expect(high).toBe(low);
    expect(trainer.made).toBe(slow + first.results.actual.steps);
    // Booked nowhere: the shares add up to what was paid.
    expect(first.results.actual.deviceSeconds).toBeCloseTo(high! + low!, 9);
    expect(first.results.actual.steps).toBe(first.plan.graph.segments().reduce((sum, { steps }) => sum + steps, 0));
    expect(trainer.alive).toBe(0);
  }
});

test('without a warm-up, the first strategy pays', async () => {
  const [high, low] = seconds(await run(strategies(), { data, trainer: new Compiling(2, {}) }));
  expect(high! - low!).toBeCloseTo(3 * 0.248, 9);
});

test('bits, keys and amounts do not depend on it', async () => {
  const plain = await run(strategies(), { data });
  const warm = await run(strategies(), { data, trainer: new ToyTrainer({ warmUpSteps: undefined }) });
  expect(digests(warm.results)).toEqual(digests(plain.results));
  const amounts = ({ results }: typeof plain) =>
    results.strategies.map(
      ({
        cost: {
          standalone: { tokens, flops, steps },
        },
      }) => ({ tokens, flops, steps }),
    );
  expect(amounts(warm)).toEqual(amounts(plain));
});

test('it is made once per start, and not when nothing is left to train', async () => {
  const directory = await temporaryDirectory();
  const options: ToyOptions = { warmUpSteps: 3 };
  const { results } = await run({ high: strategies().high }, { data, directory, trainer: new ToyTrainer(options) });
  const again = await run({ high: strategies().high }, { data, directory, trainer: new ToyTrainer(options) });
  expect(again.trainer.made).toBe(0);
  const more = await run(strategies(), { data, directory, trainer: new ToyTrainer(options) });
  expect(more.trainer.made).toBe(3 + results.actual.steps);
});

test('an error in it is that of the run, with the names of the strategies', async () => {
  const broken = new ToyTrainer({
    warmUpSteps: 2,
    beforeStep: () => {
      throw new Error('no device');
    },
  });
  await expect(run(strategies(), { data, trainer: broken })).rejects.toThrow(/no device/);
  expect(broken.alive).toBe(0);
});
