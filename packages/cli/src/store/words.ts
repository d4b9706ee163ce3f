/** What checkpoints are and why they are kept, in words. */
import { type Digest, type KeepReason, type Manifest, type PlanRecord } from '@branchline/core';
import { printable } from '../ui/printable.js';
import type { Inventory } from './inventory.js';

/** Names of strategies that are spelled out before the others are counted. */
const SPELLED = 2;

/** What is on record of plans. */
export type Known = Pick<Inventory, 'plans' | 'unreadable'>;

/** Enough of a key to find it again, also at the beginning of file names. */
export function shortKey(key: Digest): string {
  return key.slice(0, 12);
}

/** What a checkpoint is. */
export function kindOf({ kind, rolling }: Pick<Manifest, 'kind' | 'rolling'>): string {
  if (rolling) return 'on the way';
  return { init: 'fresh', step: 'trained', derived: 'average', reset: 'reset' }[kind];
}

/** Day and minute of a time in ISO 8601, UTC. */
export function dateOf(time: string): string {
  return time.replace('T', ' ').slice(0, 16);
}

/** `release 3 of path switching and 2 more; paths leave here`. */
export function describeReasons(reasons: readonly KeepReason[]): string {
  const releases = new Map<number, string[]>();
  for (const { why, strategy, version } of reasons) {
    if (why === 'release') releases.set(version!, [...(releases.get(version!) ?? []), strategy!]);
  }
  // A state has one seed, whatever it is needed for.
  const seed = reasons.find((reason) => reason.seed !== undefined)?.seed;
  const named = (wanted: KeepReason['why']) =>
    reasons.flatMap(({ why, strategy }) => (why === wanted ? [strategy!] : []));
  const [captures, measured] = [named('capture'), named('measure')];
  const has = (wanted: KeepReason['why']) => reasons.some(({ why }) => why === wanted);
  return [
    ...[...releases].map(([version, strategies]) => `release ${version} of ${namesOf(strategies)}`),
    ...(captures.length > 0 ? [`capture of ${namesOf(captures)}`] : []),
    ...(measured.length > 0 ? [`measured for ${namesOf(measured)}`] : []),
    ...(has('fork') ? ['paths leave here'] : []),
    ...(has('start') ? ['a path begins here'] : []),
    ...(has('end') ? ['end of a path'] : []),
    ...(has('resume') ? ['an unfinished run goes on here'] : []),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ].join('; ');
}

/** Why nobody needs a checkpoint, as far as plans can be read. */
export function describeSpent({ key, rolling }: Manifest, { plans, unreadable }: Known): string {
  if (plans.length === 0 || unreadable.length > 0) return 'not known: a record of a plan is missing';
  if (rolling) return 'needed by nobody: what it was stored on the way to is there';
  const planned = plans.some(({ states }) => states.some((state) => state.key === key));
  return planned ? 'needed by nobody: what was made from it is there' : 'needed by no plan';
}

/** `a plan of 2026-11-20 20:21 for path switching and 3 more`. */
export function describePlan({ time, strategies }: PlanRecord): string {
  return printable(`the plan of ${dateOf(time)} for ${namesOf(strategies)}`);
}

function namesOf(names: readonly string[]): string {
  const spelled = names.length <= SPELLED + 1 ? names : names.slice(0, SPELLED);
  const more = names.length - spelled.length;
  return more === 0 ? spelled.join(', ') : `${spelled.join(', ')} and ${more} more`;
}
