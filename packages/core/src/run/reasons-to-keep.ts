/** Why a checkpoint is kept: what the recorded plans need it for. */
import type { Digest } from '../json.js';
import type { PlannedState, PlanRecord } from '../plan/plan-record.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';
import { CheckpointIndex } from './checkpoint-index.js';
import { type KeptForOthers, retentionOf } from './retention.js';

/**
 * `release` and `capture`: a strategy publishes or keeps it. `measure`: losses of it decide how a strategy goes on.
 * `fork`: paths leave it. `start`: a path begins with it. `end`: the end of a path. `resume`: a plan that is not
 * finished goes on from it.
 */
export interface KeepReason {
  readonly why: 'release' | 'capture' | 'measure' | 'fork' | 'start' | 'end' | 'resume';
  readonly strategy?: string;
  readonly version?: number;
  /** Of the state, where its plan has several seeds. */
  readonly seed?: number;
}

/** States of a plan that must exist at its end, and are not stored. */
export function missingTargets({ states }: PlanRecord, shelf: CheckpointIndex): readonly PlannedState[] {
  return states.filter((state) => isTarget(state) && !shelf.has(state.key));
}

/**
 * What plans need checkpoints for, stored or not; what no plan needs is not among the keys. `releasesOnly`: only
 * releases, captures and what a plan that is not finished goes on from; that can be anything while losses are to be
 * measured.
 */
export function reasonsToKeep(
  plans: readonly PlanRecord[],
  shelf: CheckpointIndex,
  { releasesOnly = false }: { readonly releasesOnly?: boolean } = {},
): ReadonlyMap<Digest, readonly KeepReason[]> {
  const found = new Map<Digest, Map<string, KeepReason>>();
  const add = (key: Digest, reason: KeepReason) => {
    // Two plans often need a state for the same.
    const same = JSON.stringify([reason.why, reason.strategy, reason.version]);
    found.set(key, (found.get(key) ?? new Map<string, KeepReason>()).set(same, reason));
  };
  for (const plan of plans) {
    const continuations = new Map<Digest | undefined, number>();
    for (const { from } of plan.states) continuations.set(from, (continuations.get(from) ?? 0) + 1);
    // A plan that goes on with what is measured: nobody knows yet where.
    const open = plan.states.some(({ roles }) => roles.some(({ role }) => role === 'measure'));
    for (const state of plan.states) {
      const under = (plan.seeds ?? []).length > 1 && state.seed !== undefined ? { seed: state.seed } : {};
      for (const reason of reasonsOf(state, continuations.get(state.key) ?? 0)) {
        if (!releasesOnly || open || TARGETS.includes(reason.why)) add(state.key, { ...reason, ...under });
      }
    }
    for (const key of wayToMissing(plan, shelf)) add(key, { why: 'resume' });
  }
  return new Map([...found].map(([key, reasons]) => [key, [...reasons.values()]]));
}

/** Empty for a state that a run deletes when it is unreferenced. */
function reasonsOf(state: PlannedState, continuations: number): readonly KeepReason[] {
  const { kind, roles } = state;
  const starts = roles.some(({ role }) => role === 'start');
  const retention = retentionOf({ kind, required: isTarget(state), starts, continuations });
  if (retention === 'temporary') return [];
  const reasons = roles.flatMap((role): KeepReason[] => {
    if (role.role === 'average') return [];
    const { role: why, ...whose } = role;
    return [{ why, ...whose }];
  });
  if (kind === 'step' && continuations === 0) return retention === 'required' ? reasons : [...reasons, { why: 'end' }];
  const begins = kind === 'derived' && continuations > 0 && !reasons.some(({ why }) => why === 'fork');
  return begins ? [...reasons, { why: 'start' }] : reasons;
}

/**
 * Everything stored that a run reads to make what is missing: the nearest states before it, and all that may lie
 * between.
 */
function wayToMissing(plan: PlanRecord, shelf: CheckpointIndex): ReadonlySet<Digest> {
  const planned = new Map(plan.states.map((state) => [state.key, state]));
  const needed = new Set<Digest>();
  const seen = new Set<PlannedState>();
  const open = [...missingTargets(plan, shelf)];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (seen.has(state)) continue;
    seen.add(state);
    if (shelf.has(state.key)) {
      needed.add(state.key);
      continue;
    }
    const from = state.from === undefined ? undefined : planned.get(state.from);
    if (from !== undefined) for (const { key } of shelf.between(from, state)) needed.add(key);
    const before = [...(state.from === undefined ? [] : [state.from]), ...(state.sources ?? [])];
    open.push(...before.flatMap((key) => planned.get(key) ?? []));
  }
  return needed;
}

const TARGETS: readonly string[] = ['release', 'capture', 'measure'];

const isTarget = ({ roles }: PlannedState) => roles.some(({ role }) => TARGETS.includes(role));

/** What a run leaves to other plans that were started in the same directory. */
export function keptForOthers(others: readonly PlanRecord[], store: CheckpointStore): KeptForOthers {
  const shelf = new CheckpointIndex(store.list());
  return {
    wanted: new Set(reasonsToKeep(others, shelf).keys()),
    needed: new Set(reasonsToKeep(others, shelf, { releasesOnly: true }).keys()),
  };
}
