/**
 * Results as the quick experiment gives them, without a kernel: six strategies over four versions, step by step
 * through a tree of steps that merges equal prefixes, with losses from a small scaling law. The numbers are made up;
 * the structure (forks, shared segments, averages, resets) is that of real plans.
 */
import { createHash } from 'node:crypto';
import type {
  Cost,
  GraphEdgeResult,
  GraphNodeResult,
  PathResult,
  ReleaseResult,
  Results,
  StrategyResult,
} from '@branchline/core';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
/** A number in [-1, 1) that depends on nothing but `text`. */
const noise = (text: string) => Number.parseInt(sha(text).slice(0, 8), 16) / 2 ** 31 - 1;

const T = 160;
const warmup = 16;
const peak = 3e-3;
const floor = 0.01;
const alpha = 0.6;
const tokensPerStep = 16 * 128;
const flopsPerToken = 5_210_112;
const secondsPerStep = 0.094;
const domains = ['documentation', 'source', 'type declarations'];

/** One state in the tree of steps. */
interface State {
  readonly key: string;
  readonly parent: State | undefined;
  readonly position: number;
  readonly kind: GraphNodeResult['kind'];
  readonly rate: number;
  readonly loss: number;
  readonly sum: number;
  readonly fall: number;
  readonly momentum: number;
  readonly seen: readonly number[];
  readonly children: Map<string, State>;
  readonly strategies: Set<string>;
  readonly releases: { strategy: string; version: number }[];
  readonly parts: State[];
  cut: boolean;
}

const state = (key: string, parent: State | undefined, rest: Partial<State>): State => ({
  position: 0,
  kind: 'step',
  rate: 0,
  loss: 5.545,
  sum: 0,
  fall: 0,
  momentum: 0,
  seen: [],
  ...parent,
  ...rest,
  key: sha(`${parent?.key ?? ''}|${key}`),
  parent,
  children: new Map(),
  strategies: new Set(),
  releases: [],
  parts: [],
  cut: rest.kind !== 'step',
});

function child(parent: State, key: string, make: () => Partial<State>): State {
  let found = parent.children.get(key);
  if (!found) parent.children.set(key, (found = state(key, parent, make())));
  return found;
}

/** Loss of a state, after Tissue et al. (2024): the sum of the rates, and what their decay brings. */
const lossOf = (s: { sum: number; fall: number }) => 1.13 + 0.86 * (s.sum + 0.012) ** -0.42 * 0.55 - 8.5 * s.fall;

function step(from: State, rate: number, version: number, batch: string): State {
  return child(from, `${rate}|${batch}`, () => {
    const momentum = 0.985 * from.momentum + (from.rate === 0 ? 0 : Math.max(0, from.rate - rate));
    const sum = from.sum + rate;
    const fall = from.fall * 0.985 + momentum * 0.02;
    const seen = [...from.seen];
    seen[version] = (seen[version] ?? 0) + 1;
    return {
      position: from.position + 1,
      rate,
      momentum,
      sum,
      fall,
      seen,
      loss: lossOf({ sum, fall }) + 0.07 * noise(batch),
      kind: 'step',
    };
  });
}

type Rate = (index: number, steps: number) => number;
const warm =
  (rate: Rate): Rate =>
  (i, n) =>
    i < warmup ? (peak * (i + 1)) / warmup : rate(i - warmup, n - warmup);
const cosine = warm((i, n) => peak * (floor + ((1 - floor) * (1 + Math.cos((Math.PI * (i + 1)) / n))) / 2));
const decayTo =
  (end: number): Rate =>
  (i, n) =>
    peak * (1 - Math.sqrt((i + 1) / n)) + end * Math.sqrt((i + 1) / n);

/** Builds one strategy by walking the tree. */
class Walk {
  readonly paths: PathResult[] = [];
  readonly releases: ReleaseResult[] = [];
  readonly steps = new Set<State>();

  constructor(
    readonly name: string,
    readonly skill: (version: number) => number,
  ) {}

  path(from: State, version: number, name: string, steps: number, rate: Rate, batch: (i: number) => [number, string]) {
    let at = from;
    const states: State[] = [];
    for (let i = 0; i < steps; i++) {
      const [of, key] = batch(i);
      at = step(at, rate(i, steps), of, key);
      at.strategies.add(this.name);
      this.steps.add(at);
      states.push(at);
    }
    at.cut = true;
    const thin = Math.max(1, Math.round(states.length / 160));
    this.paths.push({
      version,
      name,
      begin: from.position,
      end: at.position,
      releases: false,
      rate: states
        .filter((s, i) => i % 4 === 0 || i === states.length - 1 || s.rate !== states[i - 1]?.rate)
        .map((s) => [s.position, s.rate]),
      loss: states.filter((_, i) => i % thin === 0).map((s) => [s.position, s.loss]),
    });
    return at;
  }

  reset(from: State): State {
    const at = child(from, 'reset', () => ({ kind: 'reset', rate: 0, momentum: 0 }));
    at.strategies.add(this.name);
    return at;
  }

  release(end: State, version: number, average = 1, every = 1): State {
    this.paths[this.paths.length - 1] = { ...this.paths.at(-1)!, releases: true };
    let at = end;
    if (average > 1) {
      const parts: State[] = [];
      for (let part = end, back = 0; parts.length < average; part = part.parent!, back++) {
        if (back % every === 0) parts.push(part);
      }
      for (const part of parts) part.cut = true;
      at = child(end, `average ${average} x ${every}`, () => ({ kind: 'derived', fall: end.fall + 0.006 }));
      at.parts.splice(0, at.parts.length, ...parts);
      at.strategies.add(this.name);
    }
    at.releases.push({ strategy: this.name, version });
    const base = lossOf(at) + this.skill(version);
    const loss = base + 0.003 * noise(at.key);
    this.releases.push({
      version,
      checkpoint: at.key,
      weightsDigest: sha(`weights ${at.key}`),
      averaged: average,
      loss,
      bitsPerByte: loss / Math.LN2,
      lossByDomain: Object.fromEntries(
        domains.map((name, i) => [name, loss + [0.19, 0.02, -0.2][i]! + 0.02 * noise(at.key + name)]),
      ),
      lossByVersion: Object.fromEntries(
        [1, 2, 3, 4].map((v) => [
          versionName(v),
          loss + (at.seen[v] ? 0.02 * (v === version ? -1 : 0.5) : 0.16) + 0.02 * noise(at.key + v),
        ]),
      ),
      cumulative: costOf(this.steps.size),
    });
    return at;
  }
}

const costOf = (steps: number): Cost => ({
  tokens: steps * tokensPerStep,
  flops: steps * tokensPerStep * flopsPerToken,
  steps,
  deviceSeconds: steps * secondsPerStep,
});
const versionName = (version: number) => `part ${version}`;

/** The quick experiment. `rename` lets a test give the strategies difficult names. */
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
    format: 1,
    experiment: {
      name: 'quick',
      command: 'branchline bench examples/quick.config.ts',
      finishedAt: '2026-03-14T09:26:53.000Z',
      digest: sha('experiment'),
    },
    model: { spec: { layers: 4, width: 128, heads: 4 }, parameters: 868_352, context: 128, flopsPerToken },
    training: {
      batch: 16,
      lr: { peak, warmup, floor },
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
    seed: 17,
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
    actual: costOf(trained),
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

/** The tree of steps with runs of steps joined into segments. */
function graphOf(init: State): { nodes: GraphNodeResult[]; edges: GraphEdgeResult[] } {
  const ids = new Map<State, number>();
  const nodes: GraphNodeResult[] = [];
  const edges: GraphEdgeResult[] = [];
  const visit = (s: State, from: State) => {
    const stop = s.cut || s.children.size !== 1;
    const last = stop ? s : from;
    if (stop) {
      ids.set(s, nodes.length);
      nodes.push({ id: nodes.length, key: s.key, kind: s.kind, position: s.position, releases: s.releases });
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

/** Names that try to be something else than a name. */
export const difficultNames: Readonly<Record<string, string>> = {
  'from scratch': '<script>alert("baseline")</script>',
  continual: `"quoted" & 'single' </title></style><img src=x onerror=alert(1)>`,
  'path switching': '学习率路径切换：주 경로와 분기',
  'path switching + averaging': `a very long name ${'that goes on and on '.repeat(8)}`,
  CMA: 'مسار رئيسي ثابت',
  CDMA: 'UnbrokenNameWithoutAnySpaceThatIsFarTooLongForAnyLabel_'.repeat(3),
};

/** More than there is room for: the quick experiment's strategies twice, one of them stopped early. */
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
