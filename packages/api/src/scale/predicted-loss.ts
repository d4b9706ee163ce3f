/** Predicts the losses of planned states from the learning rates of all steps before them. */
import { type GraphNode, rateAt, type Segment, type StrategyPlan } from '@branchline/core';
import { type LossLaw, lossAfter, outsideOfFit, powerOf, RateHistory } from '@branchline/trainer-simulated';

/** A predicted loss in nats per token, or why no law covers the state: clauses. */
export type Prediction = { readonly loss: number } | { readonly uncovered: readonly string[] };

/** Predicted losses of the releases of a strategy. */
export interface PredictedReleases {
  /** Of the last release; null where the law does not cover it. */
  readonly last: number | null;
  /** Mean over all releases; null where the law does not cover one of them. */
  readonly mean: number | null;
  /** Why a loss is missing: clauses such as `averages of checkpoints`, without repeats. */
  readonly uncovered: readonly string[];
}

/** The rates before a state. */
interface Past {
  readonly history: RateHistory;
  readonly peak: number;
}

/** Predicts states of one plan by a law. What several states have in common is computed once. */
export class LossPredictor {
  readonly #power: number;
  readonly #known = new Map<GraphNode, Past>();

  constructor(private readonly law: LossLaw) {
    this.#power = powerOf(law);
  }

  /** The losses of all releases of a strategy. */
  releases(strategy: StrategyPlan): PredictedReleases {
    const data = uncoveredData(strategy);
    const found = strategy.releases.map((node): Prediction => (data.length > 0 ? { uncovered: data } : this.#of(node)));
    const losses = found.map((one) => ('loss' in one ? one.loss : null));
    const known = losses.filter((loss) => loss !== null);
    return {
      last: losses.at(-1)!,
      mean: known.length < losses.length ? null : known.reduce((sum, loss) => sum + loss, 0) / losses.length,
      uncovered: [...new Set(found.flatMap((one) => ('uncovered' in one ? one.uncovered : [])))],
    };
  }

  #of(node: GraphNode): Prediction {
    const { segments, past, root } = this.#before(node);
    const wrong = past === undefined ? uncoveredRoot(root) : undefined;
    if (wrong !== undefined) return { uncovered: [wrong] };
    const ranges = segments.flatMap((segment) => segment.ranges);
    if (ranges.some(({ weights }) => weights?.some((weight) => weight !== weights[0]))) {
      return { uncovered: ['weights of sequences'] };
    }
    const peak = segments.reduce((most, segment) => Math.max(most, peakOf(segment)), past?.peak ?? 0);
    const steps = segments.reduce((sum, segment) => sum + segment.steps, past?.history.steps ?? 0);
    // Before the rates are summed: that takes long where a path is far too long.
    const uncovered = outsideOfFit(this.law, { steps, peak });
    if (uncovered.length > 0) return { uncovered };
    let at: Past = past ?? { history: new RateHistory(this.#power), peak: 0 };
    for (const segment of segments) {
      at = after(at, segment);
      this.#known.set(segment.to, at);
    }
    return { loss: lossAfter(this.law, at.history.snapshot()) };
  }

  /** The segments before a state, in order, back to a state with known rates or to a root. */
  #before(node: GraphNode) {
    const segments: Segment[] = [];
    let at = node;
    for (; at.incoming !== undefined && !this.#known.has(at); at = at.incoming.from) segments.push(at.incoming);
    return { segments: segments.reverse(), past: this.#known.get(at), root: at };
  }
}

function after({ history, peak }: Past, segment: Segment): Past {
  const copy = history.copy();
  for (const { rate } of segment.ranges) for (let step = 0; step < rate.steps; step++) copy.push(rateAt(rate, step));
  return { history: copy, peak: Math.max(peak, peakOf(segment)) };
}

/** A piece rises or falls throughout, so that its highest rate is at one of its ends. */
const peakOf = ({ ranges }: Segment): number =>
  ranges.reduce((most, { rate }) => Math.max(most, rateAt(rate, 0), rateAt(rate, rate.steps - 1)), 0);

/** Why paths that begin at a root are not covered; undefined if they are. */
function uncoveredRoot({ recipe }: GraphNode): string | undefined {
  switch (recipe?.kind) {
    case 'init':
      return undefined;
    case 'reset':
      return recipe.weights ? 'moments that start at zero in trained weights' : 'weights that are drawn anew';
    default:
      return 'averages of checkpoints';
  }
}

/** What a strategy does with the data that laws know nothing of. */
function uncoveredData({ decisions }: StrategyPlan): readonly string[] {
  const specs = decisions.flatMap(({ spec, forks }) => [spec, ...forks.map((fork) => fork.spec)]);
  return [
    ...(specs.some(({ data }) => data?.use === 'mixture') ? ['replay'] : []),
    ...(specs.some(({ data }) => data?.use === 'subset' || data?.use === 'chosen') ? ['a choice of the data'] : []),
    ...(decisions.some(({ forks }) => forks.some(({ spec }) => !spec.carry.data && spec.data === null))
      ? ['data that a branch repeats']
      : []),
    ...(specs.some(({ loss }) => loss.distil !== null) ? ['learning from a teacher'] : []),
    ...(specs.some(({ loss }) => loss.prefix > 1) ? ['tokens without a loss'] : []),
    ...(specs.some(({ order }) => order.by !== null && order.by.by !== 'shuffled') ? ['an order of the data'] : []),
  ];
}
