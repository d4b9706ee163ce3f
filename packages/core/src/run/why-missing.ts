/** Explains why a release must be trained although the run directory has states of an earlier plan. */
import { type GraphNode, rootOf } from '../graph/run-graph.js';
import { canonicalJson, type Digest, digestJson, type JsonValue } from '../json.js';
import { rateAt, slicePiece } from '../path/rate-pieces.js';
import type { StepRange } from '../path/step-ranges.js';
import type { ExperimentPlan, PlanBasis } from '../plan/experiment-plan.js';
import type { PlannedState, PlanRecord, RecordedRange } from '../plan/plan-record.js';
import type { VersionContent } from '../plan/version-content.js';
import type { CheckpointIndex } from './checkpoint-index.js';

/** The first difference between a release and what an earlier plan had in its place. Steps count from fresh weights. */
export type Difference =
  /** No earlier plan has this release. */
  | { readonly what: 'new' }
  /** An earlier plan had exactly this state, but it is not stored: it was deleted, or the run did not get so far. */
  | { readonly what: 'not-stored' }
  /** Model, optimizer, batch size or the processor's numerics. */
  | {
      readonly what: 'basis';
      readonly part: keyof PlanBasis;
      readonly was: JsonValue;
      readonly is: JsonValue;
    }
  /** It starts from other states, or other parts of them are carried over. */
  | { readonly what: 'start'; readonly step: number }
  /** It averages the same or other states with other weights. */
  | { readonly what: 'average' }
  | { readonly what: 'rate'; readonly step: number; readonly was: number; readonly is: number }
  | { readonly what: 'weights'; readonly step: number }
  /** What the steps optimise: a teacher, or how much is learned from it. */
  | { readonly what: 'objective'; readonly step: number }
  /** Other text, or its order, somewhere in steps `from` to `to`. `versions`: names of versions whose text changed. */
  | { readonly what: 'data'; readonly from: number; readonly to: number; readonly versions: readonly string[] }
  /** The number of steps. The text of a recorded range that is cut short is not compared. */
  | { readonly what: 'steps'; readonly was: number; readonly is: number }
  /** The record of the earlier plan has too few details. */
  | { readonly what: 'unknown' };

/** A release that is not stored, with the first difference from the latest earlier plan that has it. */
export interface MissingRelease {
  readonly strategy: string;
  readonly seed: number;
  readonly version: number;
  readonly difference: Difference;
}

/** How the versions of a corpus differ from those of the latest plan in the run directory. */
export interface VersionChanges {
  /** Names of the versions that the latest plan lacks. */
  readonly arrived: readonly string[];
  /** Names of the versions whose text changed. */
  readonly changed: readonly string[];
  /** Names of the versions that are no longer there. */
  readonly gone: readonly string[];
}

/** Compares the versions of a plan with those of the latest record; undefined if no record has them. */
export function versionChanges(
  now: readonly VersionContent[],
  records: readonly PlanRecord[],
): VersionChanges | undefined {
  const before = records.find(({ versions }) => versions !== undefined)?.versions;
  if (before === undefined) return undefined;
  const was = new Map(before.map((version) => [version.name, version.digest]));
  const names = new Set(now.map(({ name }) => name));
  return {
    arrived: now.filter(({ name }) => !was.has(name)).map(({ name }) => name),
    changed: now.filter(({ name, digest }) => was.has(name) && was.get(name) !== digest).map(({ name }) => name),
    gone: before.filter(({ name }) => !names.has(name)).map(({ name }) => name),
  };
}

/** Explains every release of a plan that is not stored. `records`: of the same directory, latest first. */
export function whyMissing(
  plan: ExperimentPlan,
  records: readonly PlanRecord[],
  stored: CheckpointIndex,
): readonly MissingRelease[] {
  return plan.strategies.flatMap(({ strategy: { name: strategy, seed }, releases }) =>
    releases.flatMap((node, index): readonly MissingRelease[] => {
      if (stored.has(node.key)) return [];
      const difference = differenceOf(plan, records, node, { strategy, version: index + 1 });
      return [{ strategy, seed, version: index + 1, difference }];
    }),
  );
}

function differenceOf(
  plan: ExperimentPlan,
  records: readonly PlanRecord[],
  node: GraphNode,
  release: { readonly strategy: string; readonly version: number },
): Difference {
  if (records.some(({ states }) => states.some(({ key }) => key === node.key))) return { what: 'not-stored' };
  for (const record of records) {
    const before = record.states.find(
      ({ seed, roles }) =>
        (seed === undefined || seed === node.seed) &&
        roles.some(
          (role) => role.role === 'release' && role.strategy === release.strategy && role.version === release.version,
        ),
    );
    if (before === undefined) continue;
    const changed = versionChanges(plan.contentOfVersions(), [record])?.changed ?? [];
    return new Comparison(plan, record, changed).compare(node, before)!;
  }
  return { what: 'new' };
}

/** The keys differ, and the record does not say why. */
const UNKNOWN: Difference = { what: 'unknown' };

/** Compares states of a plan with states of a record. */
class Comparison {
  readonly #states: ReadonlyMap<Digest, PlannedState>;

  constructor(
    private readonly plan: ExperimentPlan,
    private readonly record: PlanRecord,
    private readonly changed: readonly string[],
  ) {
    this.#states = new Map(record.states.map((state) => [state.key, state]));
  }

  /** The first difference; undefined if the states are equal. */
  compare(node: GraphNode, before: PlannedState): Difference | undefined {
    if (node.key === before.key) return undefined;
    const root = rootOf(node);
    const was = this.#states.get(before.root);
    if (was === undefined) return UNKNOWN;
    if (root.key !== was.key) return this.#compareRoots(root, was);
    const ranges = this.#rangesTo(before);
    return ranges ? this.#compareRanges(rangesTo(node), ranges, root.position) : UNKNOWN;
  }

  #compareRoots(root: GraphNode, was: PlannedState): Difference {
    if (root.kind === 'init' && was.kind === 'init') return this.#compareBasis();
    const sources = was.sources ?? [];
    if (root.kind === was.kind && root.sources.length === sources.length) {
      for (const [index, { node }] of root.sources.entries()) {
        const source = this.#states.get(sources[index]!);
        const found = source === undefined ? UNKNOWN : this.compare(node, source);
        if (found !== undefined) return found;
      }
    }
    return root.kind === 'derived' && was.kind === 'derived'
      ? { what: 'average' }
      : { what: 'start', step: root.position };
  }

  #compareBasis(): Difference {
    const { basis: was } = this.record;
    if (was === undefined) return UNKNOWN;
    const is = this.plan.basis;
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as JsonValue;
    const part = (['model', 'optimizer', 'batch', 'numerics'] as const).find(
      (name) => canonicalJson(plain(was[name])) !== canonicalJson(plain(is[name])),
    );
    return part === undefined ? UNKNOWN : { what: 'basis', part, was: plain(was[part]), is: plain(is[part]) };
  }

  /** All ranges from the root to a state; undefined if the record lacks some. */
  #rangesTo(state: PlannedState): readonly RecordedRange[] | undefined {
    const parts: (readonly RecordedRange[])[] = [];
    for (let at: PlannedState | undefined = state; at?.from !== undefined; at = this.#states.get(at.from)) {
      if (at.ranges === undefined) return undefined;
      parts.push(at.ranges);
    }
    return parts.reverse().flat();
  }

  #compareRanges(is: readonly StepRange[], was: readonly RecordedRange[], position: number): Difference {
    const { batch, contents } = this.plan.graph.basis;
    let [i, j, doneIs, doneWas, step] = [0, 0, 0, 0, position];
    while (i < is.length && j < was.length) {
      const [now, then] = [is[i]!, was[j]!];
      const steps = Math.min(now.rate.steps - doneIs, then.rate.steps - doneWas);
      const rates = [slicePiece(now.rate, doneIs, steps), slicePiece(then.rate, doneWas, steps)] as const;
      for (let k = 0; k < steps; k++) {
        const [a, b] = [rateAt(rates[0], k), rateAt(rates[1], k)];
        if (a !== b) return { what: 'rate', step: step + k, was: b, is: a };
      }
      const weights = now.weights && digestJson([...now.weights]);
      if (weights !== then.weights) return { what: 'weights', step };
      if (now.objective?.id !== then.objective) return { what: 'objective', step };
      const [end, endThen] = [now.offset + (doneIs + steps) * batch, then.offset + (doneWas + steps) * batch];
      const isWhole = doneWas + steps === then.rate.steps;
      if (end !== endThen || (isWhole && contents.prefix(now.order, end) !== then.data)) {
        const from = step - (end === endThen ? doneWas : 0);
        return { what: 'data', from, to: step + steps, versions: this.changed };
      }
      step += steps;
      doneIs += steps;
      doneWas += steps;
      if (doneIs === now.rate.steps) [i, doneIs] = [i + 1, 0];
      if (doneWas === then.rate.steps) [j, doneWas] = [j + 1, 0];
    }
    const rest = (ranges: readonly { readonly rate: { readonly steps: number } }[]) =>
      ranges.reduce((sum, { rate }) => sum + rate.steps, 0);
    return rest(is) === rest(was) ? UNKNOWN : { what: 'steps', was: rest(was), is: rest(is) };
  }
}

/** All ranges from the root of a node to it. */
function rangesTo(node: GraphNode): readonly StepRange[] {
  const parts: (readonly StepRange[])[] = [];
  for (let at = node; at.incoming !== undefined; at = at.incoming.from) parts.push(at.incoming.ranges);
  return parts.reverse().flat();
}
