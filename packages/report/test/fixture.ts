import type { GraphEdgeResult, GraphNodeResult, Results, StrategyResult } from '@branchline/evaluation';
import {
  alpha,
  cosine,
  costOf,
  decayTo,
  domains,
  floor,
  flopsPerToken,
  peak,
  type Rate,
  type State,
  sha,
  state,
  T,
  tokensPerStep,
  versionName,
  Walk,
  warm,
  warmup,
} from './walk.js';

/** The quick experiment. `rename` replaces the names of strategies. */
export function quickResults(rename: (name: string) => string = (name) => name): Results {
  const init = state('init', undefined, { kind: 'init' });
  const walks: Walk[] = [];
  const start = (name: string, skill: (version: number) => number) => {
    walks.push(new Walk(rename(name), skill));
    init.strategies.add(rename(name));
    return walks.at(-1)!;
  };
  const fresh =
    (version: number, order = 'new', offset = 0) =>
    (i: number): [number, string] => [version, `${order}-${version}:${i + offset}`];

  const scratch = start('from scratch', () => 0);
  for (let v = 1; v <= 4; v++) {
    const all = (i: number): [number, string] => [(i % v) + 1, v === 1 ? `new-1:${i}` : `all-${v}:${i}`];
    scratch.release(scratch.path(init, v, 'main', v * T, cosine, all), v);
  }

  const continual = start('continual', (v) => 0.013 * (v - 1));
  let tip = init;
  for (let v = 1; v <= 4; v++) {
    if (v > 1) tip = continual.reset(tip);
    tip = continual.release(continual.path(tip, v, 'main', T, cosine, fresh(v)), v);
  }

  const main: Rate = () => peak;
  const branched = (walk: Walk, order: string, end: number, average: number) => {
    let at = init;
    const before = Math.round((1 - alpha) * T);
    for (let v = 1; v <= 4; v++) {
      const rate: Rate = v === 1 ? (i) => warm(main)(i, T) : main;
      const fork = walk.path(at, v, 'main', before, rate, fresh(v, order));
      if (v < 4) {
        at = walk.path(fork, v, 'main', T - before, main, fresh(v, order, before));
        const long = walk.paths.pop()!;
        const short = walk.paths.pop()!;
        walk.paths.push({
          ...short,
          end: long.end,
          rate: [...short.rate, ...long.rate],
          loss: [...short.loss, ...long.loss],
        });
      }
      walk.release(walk.path(fork, v, 'release', T - before, decayTo(end), fresh(v, order, before)), v, average, 4);
    }
  };
  const straight = (walk: Walk, order: string) => {
    let at = init;
    for (let v = 1; v <= 4; v++) {
      const rate: Rate = v === 1 ? (i) => warm(main)(i, T) : main;
      at = walk.path(at, v, 'main', T, rate, fresh(v, order));
      walk.release(at, v, 6, 16);
    }
  };
  branched(
    start('path switching', (v) => 0.007 + 0.0205 * v),
    'new',
    peak * floor,
    1,
  );
  straight(
    start('path switching + averaging', (v) => 0.29 - 0.03 * v),
    'new',
  );
  straight(
    start('CMA', (v) => 0.29 - 0.036 * v),
    'asc',
  );
  branched(
    start('CDMA', (v) => 0.115 + 0.001 * v),
    'asc',
    peak / 3,
    6,
  );

  const strategies = strategyResults(walks, rename('from scratch'));
  const { nodes, edges } = graphOf(init);
  const trained = new Set(walks.flatMap((walk) => [...walk.steps])).size;
  return {
    format: 2,
    experiment: {
      name: 'quick',
      command: 'branchline bench examples/quick.config.ts',
      finishedAt: '2026-03-14T09:26:53.000Z',
      digest: sha('experiment'),
    },
    model: { spec: { layers: 4, width: 128, heads: 4 }, parameters: 868_352, context: 128, flopsPerToken },
    training: {
      batch: 16,
      lr: { peak, warmup, minRatio: floor },
      optimizer: { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    },
    data: {
      digest: sha('data'),
      versions: [1, 2, 3, 4].map((index) => ({
        index,
        name: versionName(index),
        sequences: T * 16,
        tokens: T * tokensPerStep,
      })),
      domains,
      heldOutTokens: 98_304,
    },
    trainer: {
      name: 'trainer-tfjs',
      version: '0.1.0',
      engine: 'jit on onnxruntime 1.30.0 (cpu, 2 threads)',
      device: 'cpu: Xeon, 2 cores',
      precision: 'float32',
      deterministic: true,
      numerics: 'tfjs-jit 0.1.0, onnxruntime-node 1.30.0, float32, x64 avx512',
    },
    seeds: [17],
    baseline: rename('from scratch'),
    strategies,
    graph: {
      segments: edges.filter((edge) => edge.kind === 'train').length,
      tokensTrained: trained * tokensPerStep,
      tokensStandalone: strategies.reduce((sum, strategy) => sum + strategy.cost.standalone.tokens, 0),
      nodes,
      edges,
    },
    failures: [],
    averagingSaved: [],
    comparison: null,
    actual: costOf(trained),
    currency: 'USD',
  };
}

function strategyResults(walks: readonly Walk[], baseline: string): StrategyResult[] {
  const plugins = (name: string): StrategyResult['plugins'] => {
    const p = (plugin: string, options: StrategyResult['plugins'][number]['options']) => ({
      name: plugin,
      version: '0.1.0',
      options,
    });
    const switching = (a: number) =>
      p('path-switching', { alpha: a, shape: '1-sqrt', floor, carry: ['weights', 'optimizer', 'data'] });
    const average = (every: number) => p('model-averaging', { last: 6, every, weights: 'sma' });
    const curriculum = p('curriculum', { by: 'score', direction: 'ascending', floor: 1 / 3 });
    return [
      [p('from-scratch', { shape: 'cosine' })],
      [p('continual', { rewarm: true, shape: 'cosine' })],
      [switching(alpha)],
      [switching(0), average(16)],
      [p('constant', {}), curriculum, average(16)],
      [switching(alpha), curriculum, average(4)],
    ][walks.findIndex((walk) => walk.name === name)]!;
  };
  const base = walks.find((walk) => walk.name === baseline)!.steps.size;
  return walks.map((walk) => ({
    name: walk.name,
    seed: 17,
    plugins: plugins(walk.name),
    cost: {
      standalone: costOf(walk.steps.size),
      attributed: costOf([...walk.steps].reduce((sum, s) => sum + 1 / s.strategies.size, 0)),
      ratioToBaseline: walk.steps.size / base,
    },
    releases: walk.releases,
    captures: [],
    paths: walk.paths,
  }));
}

/** The run graph: consecutive steps of the tree are joined into segments. */
function graphOf(init: State): { nodes: GraphNodeResult[]; edges: GraphEdgeResult[] } {
  const ids = new Map<State, number>();
  const nodes: GraphNodeResult[] = [];
  const edges: GraphEdgeResult[] = [];
  const visit = (s: State, from: State) => {
    const stop = s.cut || s.children.size !== 1;
    const last = stop ? s : from;
    if (stop) {
      ids.set(s, nodes.length);
      nodes.push({ id: nodes.length, key: s.key, kind: s.kind, position: s.position, seed: 17, releases: s.releases });
      if (s !== init && s.kind !== 'derived') {
        edges.push({
          from: ids.get(from)!,
          to: ids.get(s)!,
          kind: s.kind === 'reset' ? 'reset' : 'train',
          steps: s.position - from.position,
          weight: 1,
          strategies: [...s.strategies],
        });
      }
    }
    for (const next of s.children.values()) visit(next, last);
  };
  visit(init, init);
  for (const [s, to] of ids) {
    for (const part of s.parts) {
      edges.push({
        from: ids.get(part)!,
        to,
        kind: 'average',
        steps: 0,
        weight: 1 / s.parts.length,
        strategies: [...s.strategies],
      });
    }
  }
  return { nodes, edges };
}

/** Names that contain markup, bidirectional text or other difficulties. */
export const difficultNames: Readonly<Record<string, string>> = {
  'from scratch': '<script>alert("baseline")</script>',
  continual: `"quoted" & 'single' </title></style><img src=x onerror=alert(1)>`,
  'path switching': '学习率路径切换：주 경로와 분기',
  'path switching + averaging': `a very long name ${'that is far too long '.repeat(8)}`,
  CMA: 'مسار رئيسي ثابت',
  CDMA: 'UnbrokenNameWithoutAnySpaceThatIsFarTooLongForAnyLabel_'.repeat(3),
};

/** Too many strategies for the space: those of the quick experiment twice, one of them stopped early. */
export function manyResults(): Results {
  const quick = quickResults();
  const again = quickResults((name) => difficultNames[name]!);
  const strategies = [
    ...quick.strategies,
    ...again.strategies.map((strategy, index) => ({
      ...strategy,
      releases: strategy.releases
        .slice(0, index === 2 ? 2 : undefined)
        .map((release) => ({ ...release, loss: release.loss + 0.002 * (index - 2) })),
    })),
  ];
  const both = (name: string) => [name, difficultNames[name]!];
  return {
    ...quick,
    strategies,
    graph: {
      ...quick.graph,
      nodes: quick.graph.nodes.map((node) => ({
        ...node,
        releases: node.releases.flatMap((release) =>
          both(release.strategy).map((strategy) => ({ ...release, strategy })),
        ),
      })),
      edges: quick.graph.edges.map((edge) => ({ ...edge, strategies: edge.strategies.flatMap(both) })),
    },
  };
}
