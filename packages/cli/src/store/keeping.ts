/** Why a checkpoint is kept: what the recorded plans need it for. */
import type { Digest, Manifest, PlannedState, PlanRecord } from '@branchline/core';

/**
 * `release` and `capture`: a strategy publishes or keeps it. `fork`: paths leave it. `start`: a path begins with it. `end`: the end of
 * a path. `resume`: a plan that is not finished goes on from it.
 */
export interface Reason {
  readonly why: 'release' | 'capture' | 'fork' | 'start' | 'end' | 'resume';
  readonly strategy?: string;
  readonly version?: number;
}

/** What must be known of a stored checkpoint. */
export type Kept = Pick<Manifest, 'key' | 'root' | 'steps'>;

/** Checkpoints that a run could use. */
export class Shelf {
  readonly #keys: ReadonlySet<Digest>;
  readonly #byRoot = new Map<Digest, Kept[]>();

  constructor(checkpoints: readonly Kept[]) {
    this.#keys = new Set(checkpoints.map(({ key }) => key));
    for (const checkpoint of checkpoints) {
      this.#byRoot.set(checkpoint.root, [...(this.#byRoot.get(checkpoint.root) ?? []), checkpoint]);
    }
  }

  has(key: Digest): boolean {
    return this.#keys.has(key);
  }

  /** Checkpoints that may lie between two states of a path. */
  between(from: PlannedState, to: PlannedState): readonly Kept[] {
    return (this.#byRoot.get(to.root) ?? []).filter(({ steps }) => steps > from.steps && steps < to.steps);
  }
}

/** Releases and captures of a plan that are not stored. */
export function missingTargets({ states }: PlanRecord, shelf: Shelf): readonly PlannedState[] {
  return states.filter((state) => isTarget(state) && !shelf.has(state.key));
}

/**
 * What plans need checkpoints for, stored or not; what no plan needs is not among the keys. `releasesOnly`: only releases,
 * captures, and what a plan that is not finished goes on from.
 */
export function reasonsToKeep(
  plans: readonly PlanRecord[],
  shelf: Shelf,
  { releasesOnly = false }: { readonly releasesOnly?: boolean } = {},
): ReadonlyMap<Digest, readonly Reason[]> {
  const found = new Map<Digest, Map<string, Reason>>();
  const add = (key: Digest, reason: Reason) => {
    // Two plans often need a state for the same.
    const same = JSON.stringify([reason.why, reason.strategy, reason.version]);
    found.set(key, (found.get(key) ?? new Map<string, Reason>()).set(same, reason));
  };
  for (const plan of plans) {
    const continued = new Set(plan.states.map(({ from }) => from));
    for (const state of plan.states) {
      for (const reason of reasonsOf(state, continued.has(state.key))) {
        if (!releasesOnly || reason.why === 'release' || reason.why === 'capture') add(state.key, reason);
      }
    }
    for (const key of wayToMissing(plan, shelf)) add(key, { why: 'resume' });
  }
  return new Map([...found].map(([key, reasons]) => [key, [...reasons.values()]]));
}

/** The same states that a run leaves where they are when all is done. */
function reasonsOf(state: PlannedState, continued: boolean): readonly Reason[] {
  const reasons = state.roles.flatMap((role): Reason[] => {
    if (role.role === 'average') return [];
    const { role: why, ...whose } = role;
    return [{ why, ...whose }];
  });
  if (state.kind === 'step' && !continued) return isTarget(state) ? reasons : [...reasons, { why: 'end' }];
  const begins = state.kind === 'derived' && continued && !reasons.some(({ why }) => why === 'fork');
  return begins ? [...reasons, { why: 'start' }] : reasons;
}

/**
 * Everything stored that a run reads to make what is missing: the nearest states before it, and all that lie between. A plan does not
 * say which states an average is made of, so all that are parts of averages count when one is missing; too much is safe.
 */
function wayToMissing(plan: PlanRecord, shelf: Shelf): ReadonlySet<Digest> {
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
    if (from === undefined) open.push(...sourcesOf(state, plan));
    else {
      for (const { key } of shelf.between(from, state)) needed.add(key);
      open.push(from);
    }
  }
  return needed;
}

function sourcesOf({ kind }: PlannedState, { states }: PlanRecord): readonly PlannedState[] {
  const role = { init: undefined, step: undefined, derived: 'average', reset: 'start' }[kind];
  return states.filter(({ roles }) => roles.some((each) => each.role === role));
}

const isTarget = ({ roles }: PlannedState) => roles.some(({ role }) => role === 'release' || role === 'capture');
