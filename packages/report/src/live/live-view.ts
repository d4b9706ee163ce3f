import type { Cost } from '@branchline/core';
import type { GraphEdgeResult, Results } from '@branchline/evaluation';
import type { CostScale } from '../charts/cost-loss.js';
import type { GraphProgress } from '../charts/run-graph.js';
import { graphOfSeed, graphOfStrategies } from '../seeds.js';
import { type ReportView, type StrategyView, viewOf } from '../view.js';
import type { LiveState } from './live-state.js';

/** Steps of a strategy, over all seeds. Shared steps count for each strategy that needs them. */
export interface StrategySteps {
  readonly done: number;
  readonly planned: number;
}

/** A state with a plan, prepared once for all sections. */
export interface LiveView {
  readonly state: LiveState;
  readonly view: ReportView;
  /** The seed whose graph and paths are drawn: the one that is trained now. */
  readonly seed: number;
  readonly progress: GraphProgress;
  readonly steps: ReadonlyMap<string, StrategySteps>;
  readonly tokensPerStep: number;
  /** The scale of costs while they are not final; undefined: that of the report. */
  readonly scale: CostScale | undefined;
}

/** Prepares a state for drawing; undefined while there is no plan. */
export function liveViewOf(state: LiveState): LiveView | undefined {
  const { results } = state;
  if (results === undefined || !results.strategies.some(({ name }) => name === results.baseline)) return undefined;
  const isFinal = state.status === 'finished' && results.partial === undefined;
  const tokensPerStep = results.training.batch * results.model.context;
  const plain = viewOf(isFinal ? results : withPlannedCosts(results, tokensPerStep));
  const trainedSeed = state.lanes.find(({ seed }) => seed !== undefined && results.seeds.includes(seed))?.seed;
  const seed = trainedSeed ?? results.strategies[0]!.seed;
  const names = plain.shown.map(({ name }) => name);
  const graph = graphOfStrategies(graphOfSeed(results, seed), names, plain.strategies.length);
  const view = { ...plain, graph, strategies: plain.strategies.map((strategy) => underSeed(strategy, seed)) };
  const steps = stepsOf(state, results, plain.strategies);
  return {
    ...{ state, view, seed, tokensPerStep, steps },
    progress: progressOf(state, results),
    scale: isFinal ? undefined : scaleOf(view, steps, tokensPerStep),
  };
}

/** The strategy with the paths of a seed. */
function underSeed(strategy: StrategyView, seed: number): StrategyView {
  const run = strategy.runs.find((one) => one.seed === seed);
  return run === undefined ? strategy : { ...strategy, result: { ...strategy.result, paths: run.paths } };
}

/** The trained share of a segment; 0 if nothing is known of it. */
function shareOf({ segments }: LiveState, key: string): number {
  const segment = Object.hasOwn(segments, key) ? segments[key] : undefined;
  if (segment === undefined || !(segment.done > 0)) return 0;
  return segment.steps > 0 ? Math.min(1, segment.done / segment.steps) : 1;
}

function progressOf(state: LiveState, { strategies, graph }: Results): GraphProgress {
  const released = new Set(strategies.flatMap(({ releases }) => releases.map(({ checkpoint }) => checkpoint)));
  const roots = new Set(graph.nodes.filter(({ kind }) => kind === 'init').map(({ key }) => key));
  const trained = (key: string) => (roots.has(key) || released.has(key) ? 1 : shareOf(state, key));
  return { trained, isReleased: (key) => released.has(key) };
}

function stepsOf(
  state: LiveState,
  { graph, strategies }: Results,
  views: readonly StrategyView[],
): ReadonlyMap<string, StrategySteps> {
  const { trained } = progressOf(state, { graph, strategies } as Results);
  const sums = new Map(views.map(({ name }) => [name, { done: 0, planned: 0 }]));
  for (const edge of graph.edges) {
    if (edge.kind !== 'train') continue;
    const done = edge.steps * trained(graph.nodes[edge.to]!.key);
    for (const name of edge.strategies) {
      const sum = sums.get(name);
      if (sum === undefined) continue;
      sum.done += done;
      sum.planned += edge.steps;
    }
  }
  return sums;
}

function scaleOf(view: ReportView, steps: LiveView['steps'], tokensPerStep: number): CostScale {
  const tokensOf = ({ name, runs }: StrategyView) =>
    ((steps.get(name)?.planned ?? 0) * tokensPerStep) / Math.max(1, runs.length);
  return {
    whole: Math.max(1, tokensOf(view.baseline)),
    what: 'what the plan of the baseline needs for all of them',
    dearest: Math.max(1, ...view.strategies.map(tokensOf)),
    empty: 'no release is evaluated yet',
  };
}

/**
 * Results whose tokens are those of the plan: while a run trains, the results on the disk can be older than the
 * releases.
 */
function withPlannedCosts(results: Results, tokensPerStep: number): Results {
  const { nodes, edges } = results.graph;
  if (edges.length === 0) return results;
  const into = new Map<number, GraphEdgeResult[]>();
  for (const edge of edges) into.set(edge.to, [...(into.get(edge.to) ?? []), edge]);
  const strategies = results.strategies.map((strategy) => {
    // In order of versions, so that what an earlier version trained counts once.
    const seen = new Set<number>();
    let steps = 0;
    const follow = (end: number) => {
      const ahead = [end];
      for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
        if (seen.has(at)) continue;
        seen.add(at);
        for (const edge of into.get(at) ?? []) {
          if (edge.kind === 'train') steps += edge.steps;
          ahead.push(edge.from);
        }
      }
    };
    const ends = nodes.flatMap(({ id, seed, releases }) =>
      seed === strategy.seed
        ? releases.flatMap(({ strategy: name, version }) => (name === strategy.name ? [{ id, version }] : []))
        : [],
    );
    const tokensAt = new Map<number, number>();
    for (const { id, version } of [...ends].sort((a, b) => a.version - b.version)) {
      follow(id);
      tokensAt.set(version, steps * tokensPerStep);
    }
    const planned = (cost: Cost, tokens: number | undefined): Cost =>
      tokens === undefined ? cost : { ...cost, tokens };
    return {
      ...strategy,
      cost: { ...strategy.cost, standalone: planned(strategy.cost.standalone, steps * tokensPerStep) },
      releases: strategy.releases.map((release) => ({
        ...release,
        cumulative: planned(release.cumulative, tokensAt.get(release.version)),
      })),
    };
  });
  return { ...results, strategies };
}
