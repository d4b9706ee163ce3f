import type { Results } from '@branchline/evaluation';
import { quickResults } from './fixture.js';

/** The strategies of the quick experiment again and again, under other names, each with segments of its own. */
export function manyOf(count: number): Results {
  const quick = quickResults();
  const rounds = Math.ceil(count / quick.strategies.length);
  const named = (name: string, round: number) => (round === 0 ? name : `${name}, variant ${round + 1}`);
  const size = quick.graph.nodes.length;
  const all = Array.from({ length: rounds }, (_, round) => ({
    strategies: quick.strategies.map((strategy) => ({
      ...strategy,
      name: named(strategy.name, round),
      releases: strategy.releases.map((release) => ({
        ...release,
        checkpoint: keyOf(release.checkpoint, round),
        loss: release.loss + 0.004 * round,
      })),
    })),
    nodes: quick.graph.nodes.map((node) => ({
      ...node,
      id: node.id + round * size,
      key: keyOf(node.key, round),
      releases: node.releases.map((release) => ({ ...release, strategy: named(release.strategy, round) })),
    })),
    edges: quick.graph.edges.map((edge) => ({
      ...edge,
      from: edge.from + round * size,
      to: edge.to + round * size,
      strategies: edge.strategies.map((name) => named(name, round)),
    })),
  }));
  const strategies = all.flatMap((round) => round.strategies).slice(0, count);
  const names = new Set(strategies.map(({ name }) => name));
  const edges = all
    .flatMap((round) => round.edges)
    .flatMap((edge) => {
      const own = edge.strategies.filter((name) => names.has(name));
      return own.length === 0 ? [] : [{ ...edge, strategies: own }];
    });
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const kept = all.flatMap((round) => round.nodes).filter(({ id }) => used.has(id));
  const ids = new Map(kept.map(({ id }, index) => [id, index]));
  return {
    ...quick,
    strategies,
    graph: {
      ...quick.graph,
      nodes: kept.map((node, index) => ({
        ...node,
        id: index,
        releases: node.releases.filter(({ strategy }) => names.has(strategy)),
      })),
      edges: edges.map((edge) => ({ ...edge, from: ids.get(edge.from)!, to: ids.get(edge.to)! })),
    },
  };
}

const keyOf = (key: string, round: number): string =>
  round === 0 ? key : `${round.toString(16).padStart(4, '0')}${key.slice(4)}`;
