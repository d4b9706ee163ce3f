/** `lineage.json`: how a released model was made, step by step. */
import type { Digest } from '@branchline/core';
import type { GraphEdgeResult, ReleaseResult, Results, StrategyResult } from '@branchline/evaluation';

/** How a state was made from another. */
export type Origin =
  | {
      readonly kind: 'train';
      readonly from: Digest;
      readonly steps: number;
      readonly tokens: number;
      /** Exact integer in decimal notation. */
      readonly flops: string;
    }
  | { readonly kind: 'average'; readonly from: Digest; readonly weight: number }
  /** Drops optimizer moments or re-initializes weights. */
  | { readonly kind: 'reset'; readonly from: Digest };

/** One state in the lineage of a release. */
export interface LineageState {
  readonly key: Digest;
  readonly kind: Results['graph']['nodes'][number]['kind'];
  /** Steps since initialization of the weights. */
  readonly position: number;
  /** The processor that made it, if it is not that of the run. */
  readonly processor?: string;
  /** Empty for initial weights. */
  readonly madeFrom: readonly Origin[];
}

/** The lineage of a release, with plan, losses and cost. */
export function lineageOf(results: Results, strategy: StrategyResult, release: ReleaseResult) {
  const { experiment, model, training, data, trainer, currency } = results;
  const states = statesBehind(results, release.checkpoint);
  const trained = states.flatMap(({ madeFrom }) => madeFrom.filter((origin) => origin.kind === 'train'));
  const { cumulative, version, seed, ...figures } = release;
  return {
    format: 1,
    experiment: { name: experiment.name, plan: experiment.digest, command: experiment.command, seed },
    strategy: { name: strategy.name, plugins: strategy.plugins },
    version,
    release: figures,
    model,
    training,
    data: {
      digest: data.digest,
      versions: data.versions.slice(0, version),
      ...(data.tokenizer && { tokenizer: data.tokenizer }),
    },
    trainer,
    /** In topological order. */
    states,
    steps: trained.reduce((sum, { steps }) => sum + steps, 0),
    flops: trained.reduce((sum, { flops }) => sum + BigInt(flops), 0n).toString(),
    /** Of all versions up to this one, for the strategy alone. */
    cost: { ...cumulative, currency },
  };
}

function statesBehind(results: Results, key: Digest): readonly LineageState[] {
  const { nodes, edges } = results.graph;
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const incoming = new Map<number, GraphEdgeResult[]>();
  for (const edge of edges) incoming.set(edge.to, [...(incoming.get(edge.to) ?? []), edge]);
  const needed = new Set<number>();
  const open = [byKey.get(key)!.id];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    open.push(...(incoming.get(id) ?? []).map(({ from }) => from));
  }
  const tokensPerStep = results.training.batch * results.model.context;
  const originOf = ({ kind, from, steps, weight }: GraphEdgeResult): Origin => {
    const source = nodes[from]!.key;
    if (kind === 'average') return { kind, from: source, weight };
    if (kind === 'reset') return { kind, from: source };
    const tokens = steps * tokensPerStep;
    const flops = (BigInt(results.model.flopsPerToken) * BigInt(tokens)).toString();
    return { kind, from: source, steps, tokens, flops };
  };
  return inOrder(needed, incoming).map((id) => {
    const { key: own, kind, position, processor } = nodes[id]!;
    return {
      key: own,
      kind,
      position,
      ...(processor !== undefined && { processor }),
      madeFrom: (incoming.get(id) ?? []).map(originOf),
    };
  });
}

/** Sorts nodes topologically, sources first. */
function inOrder(
  ids: ReadonlySet<number>,
  incoming: ReadonlyMap<number, readonly GraphEdgeResult[]>,
): readonly number[] {
  const waiting = new Map([...ids].map((id) => [id, (incoming.get(id) ?? []).length]));
  const next = new Map<number, number[]>();
  for (const id of ids) for (const { from } of incoming.get(id) ?? []) next.set(from, [...(next.get(from) ?? []), id]);
  const ready = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  for (const id of ready) {
    for (const dependent of next.get(id) ?? []) {
      waiting.set(dependent, waiting.get(dependent)! - 1);
      if (waiting.get(dependent) === 0) ready.push(dependent);
    }
  }
  return ready;
}
