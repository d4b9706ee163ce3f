/** Texts for checkpoints and the reasons to keep them. */
import type { Digest, KeepReason, Manifest, PlanRecord } from '@branchline/core';
import { printable } from '../ui/printable.js';
import type { Inventory } from './inventory.js';

/** Strategies that are named before the rest are counted. */
const NAMED = 2;

/** The recorded plans. */
export type Known = Pick<Inventory, 'plans' | 'unreadable'>;

/** A prefix that identifies a key; file names begin with it too. */
export function shortKey(key: Digest): string {
  return key.slice(0, 12);
}

/** The kind of a checkpoint. */
export function kindOf({ kind, rolling }: Pick<Manifest, 'kind' | 'rolling'>): string {
  if (rolling) return 'on the way';
  return { init: 'fresh', step: 'trained', derived: 'average', reset: 'reset' }[kind];
}

/** Date and minute (UTC) of an ISO 8601 time. */
export function dateOf(time: string): string {
  return time.replace('T', ' ').slice(0, 16);
}

/** `release 3 of path switching and 2 more; paths leave here`. */
export function describeReasons(reasons: readonly KeepReason[]): string {
  const releases = new Map<number, string[]>();
  for (const { why, strategy, version } of reasons) {
    if (why === 'release') releases.set(version!, [...(releases.get(version!) ?? []), strategy!]);
  }
  // A state has a single seed.
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
    ...(has('teacher') ? ['a path learns from it'] : []),
    ...(has('end') ? ['end of a path'] : []),
    ...(has('tip') ? ['the next version continues here'] : []),
    ...(has('resume') ? ['an unfinished run resumes here'] : []),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ].join('; ');
}

/** Why a checkpoint is not needed, as far as plans can be read. */
export function describeUnreferenced({ key, rolling }: Manifest, { plans, unreadable }: Known): string {
  if (plans.length === 0 || unreadable.length > 0) return 'not known: a record of a plan is missing';
  if (rolling) return 'not needed: the state after it is stored';
  const planned = plans.some(({ states }) => states.some((state) => state.key === key));
  return planned ? 'not needed: the states made from it are stored' : 'needed by no plan';
}

/** `a plan of 2026-11-20 20:21 for path switching and 3 more`. */
export function describePlan({ time, strategies }: PlanRecord): string {
  return printable(`the plan of ${dateOf(time)} for ${namesOf(strategies)}`);
}

function namesOf(names: readonly string[]): string {
  const named = names.length <= NAMED + 1 ? names : names.slice(0, NAMED);
  const more = names.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}
