/** Finds the reasons in recorded plans for keeping checkpoints. */
import type { Digest } from '../json.js';
import type { PlannedState, PlanRecord } from '../plan/plan-record.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';
import { CheckpointIndex } from './checkpoint-index.js';
import { type KeptForOthers, retentionOf } from './retention.js';

/**
 * Why a checkpoint is kept.
 *
 * - `release`, `capture`: a strategy releases or captures it.
 * - `measure`: its losses decide how planning of a strategy continues.
 * - `fork`: paths leave it.
 * - `start`: a path begins with it.
 * - `teacher`: a path learns from it.
 * - `end`: it is the end of a path.
 * - `tip`: the next version can continue from it.
 * - `resume`: an unfinished plan continues from it.
 */
export interface KeepReason {
  readonly why: 'release' | 'capture' | 'measure' | 'fork' | 'start' | 'teacher' | 'end' | 'tip' | 'resume';
  readonly strategy?: string;
  readonly version?: number;
  /** Seed of the state, when the plan has several seeds. */
  readonly seed?: number;
}

/** Target states of a plan that are not stored. */
export function missingTargets({ states }: PlanRecord, index: CheckpointIndex): readonly PlannedState[] {
  return states.filter((state) => isTarget(state) && !index.has(state.key));
}

/**
 * Reasons of plans to keep states, stored or not, by key; states that no plan needs are absent. `releasesOnly`: only
 * releases, captures and states that an unfinished plan continues from. While losses are pending, keep everything.
 */
export function reasonsToKeep(
  plans: readonly PlanRecord[],
  index: CheckpointIndex,
  { releasesOnly = false }: { readonly releasesOnly?: boolean } = {},
): ReadonlyMap<Digest, readonly KeepReason[]> {
  const found = new Map<Digest, Map<string, KeepReason>>();
  const add = (key: Digest, reason: KeepReason) => {
    // Two plans often need a state for the same reason.
    const same = JSON.stringify([reason.why, reason.strategy, reason.version]);
    found.set(key, (found.get(key) ?? new Map<string, KeepReason>()).set(same, reason));
  };
  for (const plan of plans) {
    const continuations = new Map<Digest | undefined, number>();
    for (const { from } of plan.states) continuations.set(from, (continuations.get(from) ?? 0) + 1);
    // Losses are pending: the plan can continue from any of its states.
    const open = plan.states.some(({ roles }) => roles.some(({ role }) => role === 'measure'));
    for (const state of plan.states) {
      const under = (plan.seeds ?? []).length > 1 && state.seed !== undefined ? { seed: state.seed } : {};
      for (const reason of reasonsOf(state, continuations.get(state.key) ?? 0)) {
        if (!releasesOnly || open || TARGETS.includes(reason.why)) add(state.key, { ...reason, ...under });
      }
    }
    for (const key of wayToMissing(plan, index)) add(key, { why: 'resume' });
  }
  return new Map([...found].map(([key, reasons]) => [key, [...reasons.values()]]));
}

/** Empty for temporary states, which a run deletes once they are unreferenced. */
function reasonsOf(state: PlannedState, continuations: number): readonly KeepReason[] {
  const { kind, roles } = state;
  const starts = roles.some(({ role }) => role === 'start' || role === 'teacher');
  const tip = roles.some(({ role }) => role === 'tip');
  const retention = retentionOf({ kind, required: isTarget(state), starts, tip, continuations });
  if (retention === 'temporary') return [];
  const reasons = roles.flatMap((role): KeepReason[] => {
    if (role.role === 'average') return [];
    if (role.role === 'measure') return [{ why: 'measure', strategy: role.strategy }];
    const { role: why, ...whose } = role;
    return [{ why, ...whose }];
  });
  if (kind === 'step' && continuations === 0) return retention === 'required' ? reasons : [...reasons, { why: 'end' }];
  const begins = kind === 'derived' && continuations > 0 && !reasons.some(({ why }) => why === 'fork');
  return begins ? [...reasons, { why: 'start' }] : reasons;
}

/**
 * All stored states that a run reads to make missing targets: the nearest states before them, and all states that may
 * be between.
 */
function wayToMissing(plan: PlanRecord, index: CheckpointIndex): ReadonlySet<Digest> {
  const planned = new Map(plan.states.map((state) => [state.key, state]));
  const needed = new Set<Digest>();
  const seen = new Set<PlannedState>();
  const open = [...missingTargets(plan, index)];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (seen.has(state)) continue;
    seen.add(state);
    if (index.has(state.key)) {
      needed.add(state.key);
      continue;
    }
    const from = state.from === undefined ? undefined : planned.get(state.from);
    if (from !== undefined) for (const { key } of index.between(from, state)) needed.add(key);
    const before = [state.from, state.teacher].filter((key) => key !== undefined).concat(state.sources ?? []);
    open.push(...before.flatMap((key) => planned.get(key) ?? []));
  }
  return needed;
}

const TARGETS: readonly string[] = ['release', 'capture', 'measure'];

const isTarget = ({ roles }: PlannedState) => roles.some(({ role }) => TARGETS.includes(role));

/** The states that a run must keep for other plans of the same directory. */
export function keptForOthers(others: readonly PlanRecord[], store: CheckpointStore): KeptForOthers {
  const index = new CheckpointIndex(store.list());
  return {
    wanted: new Set(reasonsToKeep(others, index).keys()),
    needed: new Set(reasonsToKeep(others, index, { releasesOnly: true }).keys()),
  };
}
