/**
 * Benchmarks the scaling of planning: time and memory to plan, merge and price path-switching strategies with branches
 * of different lengths. `npm run bench:plan`; `--json` prints the rows. Every row runs in its own process, so that its
 * memory is measured separately.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CONTENT_BYTES,
  type DataProvider,
  digestJson,
  type ExperimentSpec,
  estimateGraph,
  type MaterializedOrder,
  type OrderRequest,
  planExperiment,
} from '@branchline/core';
import { pathSwitching } from '@branchline/plugin-path-switching';

interface Row {
  readonly steps: number;
  readonly strategies: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly segments: number;
}

const VERSIONS = 4;

/** Plans `strategies` strategies of `steps` steps each, over numbered sequences without content, one per step. */
async function measure(steps: number, strategies: number): Promise<Row> {
  const sequences = Math.floor(steps / VERSIONS);
  const versions = Array.from({ length: VERSIONS }, (_, index) => ({
    index: index + 1,
    name: `v${index + 1}`,
    sequences,
    tokens: sequences,
  }));
  const ids = versions.map(({ index }) => Uint32Array.from({ length: sequences }, (_, at) => index * sequences + at));
  const order = ({ parts, ...rest }: OrderRequest): MaterializedOrder => ({
    digest: digestJson({ parts, ...rest }),
    ids: ids[parts[0]!.version - 1]!,
  });
  const contentOf = (ids: Uint32Array) => {
    const words = CONTENT_BYTES / 4;
    const contents = new Uint32Array(ids.length * words);
    for (let row = 0; row < ids.length; row++) contents[row * words] = ids[row]!;
    return new Uint8Array(contents.buffer);
  };
  const never = () => {
    throw new Error('a plan reads no text');
  };
  const data: DataProvider = {
    digest: digestJson('numbers'),
    context: 1,
    vocabulary: 2,
    versions,
    domains: ['text'],
    scored: false,
    order,
    reorder: never,
    contentOf,
    evaluationSets: never,
    read: never,
  };
  const spec: ExperimentSpec = {
    name: 'plan',
    seeds: [1],
    batch: 1,
    lr: { peak: 1e-3, warmup: 10, minRatio: 0.1 },
    optimizer: { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    strategies: Array.from({ length: strategies }, (_, index) => ({
      name: `s${index}`,
      plugins: [pathSwitching({ alpha: (index + 1) / (strategies + 1) })],
      configPath: `strategies.s${index}`,
    })),
    baseline: 's0',
    checkpointEvery: 1000,
  };
  const model = { spec: null, parameters: 1, context: 1, flopsPerToken: 6 };
  const begin = performance.now();
  const plan = await planExperiment({ spec, model, data, numerics: 'none', log: () => undefined });
  estimateGraph(plan, { steps: 1, tokens: 1, flops: 6n });
  const seconds = (performance.now() - begin) / 1000;
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { steps, strategies, seconds, peakMiB, segments: plan.graph.segments().length };
}

/** Slope of log time over log size by least squares: 1 is linear, 0 is constant. */
function exponent(rows: readonly Row[], size: (row: Row) => number): number {
  const points = rows.map((row) => [Math.log(size(row)), Math.log(row.seconds)] as const);
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return covariance / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

function inChild(steps: number, strategies: number): Row {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), 'row', String(steps), String(strategies)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Row;
}

if (process.argv[2] === 'row') {
  const [steps, strategies] = process.argv.slice(3).map(Number) as [number, number];
  await measure(Math.min(steps, 1000), 1);
  console.log(JSON.stringify(await measure(steps, strategies)));
} else {
  const byStrategies = [1, 10, 100].map((strategies) => inChild(1e6, strategies));
  const bySteps = [1e3, 1e4, 1e5, 1e6, 1e7].map((steps) => inChild(steps, 100));
  const growth = {
    steps: exponent(bySteps, ({ steps }) => steps),
    strategies: exponent(byStrategies, ({ strategies }) => strategies),
  };
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ rows: [...byStrategies, ...bySteps], growth }, null, 2));
  else {
    console.log('     steps  strategies  seconds  peak MiB  segments');
    for (const { steps, strategies, seconds, peakMiB, segments } of [...byStrategies, ...bySteps]) {
      const cells = [String(steps).padStart(10), String(strategies).padStart(10), seconds.toFixed(3).padStart(7)];
      console.log([...cells, peakMiB.toFixed(0).padStart(8), String(segments).padStart(8)].join('  '));
    }
    console.log(`time grows with steps^${growth.steps.toFixed(2)} and strategies^${growth.strategies.toFixed(2)}`);
  }
}
