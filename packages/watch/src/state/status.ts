/** What a run does, from its lock, its live log, its results and its plans. */
import type { LockSign } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import type { LiveStatus } from '@branchline/report';
import type { LiveView } from './live-view.js';

/** What there is to judge by. */
export interface Evidence {
  /** The lock, if a process holds it and shows signs of life. */
  readonly held: LockSign | undefined;
  /** The lock of a process that is gone. */
  readonly left: LockSign | undefined;
  readonly view: Pick<LiveView, 'begin' | 'end'>;
  readonly results: Results | undefined;
  /** When a plan was begun last, in milliseconds since 1970; asked for only where it decides. */
  readonly planned: () => Promise<number | undefined>;
  /** Whether a start is awaited that did not come yet. */
  readonly isAwaited: boolean;
  /** A process that says that it prepares a start, or said so and is gone. */
  readonly mark: { readonly time: number; readonly isRunning: boolean } | undefined;
}

/** A status, and whether the live log is of the start that has it. */
export interface Judged {
  readonly status: LiveStatus;
  readonly isLive: boolean;
}

/** Judges a run. The latest evidence counts. */
export async function judge(evidence: Evidence): Promise<Judged> {
  const { held, left, view, results, isAwaited, mark } = evidence;
  const { begin, end } = view;
  if (held !== undefined) {
    const isOfHolder = begin !== undefined && begin.time >= (held.since ?? Number.NEGATIVE_INFINITY);
    // It is about to leave.
    if (isOfHolder && end !== undefined) return { status: end.outcome, isLive: true };
    if (isOfHolder) return { status: 'training', isLive: true };
    const planned = (await evidence.planned()) ?? Number.NEGATIVE_INFINITY;
    return { status: planned >= (held.since ?? Number.POSITIVE_INFINITY) ? 'training' : 'planning', isLive: false };
  }
  if (isAwaited || mark?.isRunning === true) return { status: 'planning', isLive: false };
  const latest = end?.time ?? begin?.time ?? Number.NEGATIVE_INFINITY;
  const isComplete = results !== undefined && results.partial === undefined;
  const finished = isComplete ? Date.parse(results.experiment.finishedAt) : Number.NEGATIVE_INFINITY;
  // A later start whose process is gone, and which had no live log.
  const gone = Math.max(left?.since ?? Number.NEGATIVE_INFINITY, mark?.time ?? Number.NEGATIVE_INFINITY);
  if (gone > Math.max(latest, finished)) return { status: 'killed', isLive: false };
  if (isComplete && finished > latest)
    return { status: outcomeOf(results), isLive: end === undefined && begin !== undefined };
  if (end !== undefined) return { status: end.outcome, isLive: true };
  if (begin !== undefined) return { status: 'killed', isLive: true };
  if (results !== undefined) return { status: results.partial ? 'stopped' : outcomeOf(results), isLive: false };
  return { status: (await evidence.planned()) === undefined ? 'planning' : 'stopped', isLive: false };
}

const outcomeOf = ({ failures }: Results): LiveStatus => (failures.length > 0 ? 'failed' : 'finished');
