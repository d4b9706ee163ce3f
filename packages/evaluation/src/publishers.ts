import type { ExperimentPlan, GraphNode } from '@branchline/core';

/** Names of the strategies that release a node. */
export const publishersOf = ({ strategies }: ExperimentPlan, node: GraphNode): readonly string[] =>
  strategies.filter(({ releases }) => releases.includes(node)).map(({ strategy }) => strategy.name);
