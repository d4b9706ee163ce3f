/** The run graph of a plan, as data of a figure. */
import type { ExperimentPlan, GraphNode } from '@branchline/core';
import type { FigureGraph } from './definition.js';

type Edge = FigureGraph['edges'][number];

/** Nodes and edges of a plan. Does not need training. */
export function planGraph({ graph, strategies }: Pick<ExperimentPlan, 'graph' | 'strategies'>): FigureGraph {
  const nodes = graph.nodes();
  const ids = new Map(nodes.map((node, index) => [node, index]));
  const releasesOf = (node: GraphNode) =>
    strategies.flatMap(({ strategy, releases }) =>
      releases.flatMap((release, index) => (release === node ? [{ strategy: strategy.name, version: index + 1 }] : [])),
    );
  const edges = nodes.flatMap((node, to): readonly Edge[] => {
    const { incoming } = node;
    const trained: readonly Edge[] =
      incoming === undefined
        ? []
        : [
            {
              from: ids.get(incoming.from)!,
              to,
              kind: 'train',
              steps: incoming.steps,
              strategies: [...incoming.strategies],
            },
          ];
    const kind = node.kind === 'derived' ? 'average' : 'reset';
    const made = node.sources.map(
      (source): Edge => ({ from: ids.get(source.node)!, to, kind, steps: 0, strategies: [...node.strategies] }),
    );
    return [...trained, ...made];
  });
  return {
    nodes: nodes.map((node, id) => ({ id, kind: node.kind, position: node.position, releases: releasesOf(node) })),
    edges,
  };
}
