/** `status`: the run graph of the last plan, with what is stored, what runs where, and what waits. */
import { join } from 'node:path';
import { checkRunDirectory, clusterOf } from '@branchline/api/internal';
import {
  BranchlineError,
  CheckpointStore,
  type JobQueue,
  jobName,
  jobPrefix,
  type PlannedState,
  type PlanRecord,
  type QueuedJob,
  readPlanRecords,
  type StateRole,
} from '@branchline/core';
import type { VersionNames } from '@branchline/evaluation';
import { plural, whole } from '../ui/format.js';
import { printable } from '../ui/printable.js';
import { type Style, styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';
import { versionLabels } from '../ui/version-label.js';

/** A segment of the run graph, or a root that is stored, and what has become of it. */
interface SegmentStatus {
  /** Key of the state at its end. */
  readonly state: string;
  readonly seed: number | null;
  /** Steps since the weights were initialized, before and after it. */
  readonly from: number;
  readonly to: number;
  /** What needs the state. */
  readonly for: readonly string[];
  /** `passed`: not stored any more, and nothing needs it. */
  readonly is: 'stored' | 'running' | 'pending' | 'missing' | 'passed';
  /** The job, if one is in the queue. */
  readonly job: string | null;
  /** The node on which it runs, or why it waits. */
  readonly where: string | null;
}

/** How long the queue is asked, in milliseconds. */
const QUEUE_MS = 5000;

/** Prints what a run has done by now. Reads only; the run may be working, stopped or finished. */
export async function showStatus(run: string, json: boolean): Promise<void> {
  await checkRunDirectory(run);
  const { records } = await readPlanRecords(run);
  const [record] = records;
  if (record === undefined) {
    const remedy = 'Run its experiment: bench writes the plan before the first step.';
    throw new BranchlineError('store', { message: `${run} has no plan yet`, remedy });
  }
  const queue = clusterOf(run);
  const jobs = await jobsOf(queue, run);
  const { store } = await CheckpointStore.look(join(run, 'checkpoints'));
  const segments = segmentsOf(
    record,
    (key) => store.has(key),
    (key) => jobs.get(jobName(run, key)),
  );
  const text = json
    ? JSON.stringify({ experiment: record.experiment, queue: queue?.name ?? null, segments }, null, 2)
    : asText(record, segments, queue, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

/** The jobs of a run in the queue. On a machine that cannot ask the queue, a warning says so. */
async function jobsOf(queue: JobQueue | undefined, run: string): Promise<ReadonlyMap<string, QueuedJob>> {
  try {
    return (await queue?.list(jobPrefix(run), AbortSignal.timeout(QUEUE_MS))) ?? new Map();
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    process.stderr.write(`what is in the queue is not known: ${printable(error.problems[0]!.message)}\n`);
    return new Map();
  }
}

function segmentsOf(
  { states, versions = [] }: PlanRecord,
  isStored: (key: string) => boolean,
  jobOf: (key: string) => QueuedJob | undefined,
): readonly SegmentStatus[] {
  const label = versionLabels(versions);
  const byKey = new Map(states.map((state) => [state.key, state]));
  // A state on the way to one that is stored was needed only to get there.
  const passed = new Set<string>();
  for (const state of states.filter(({ key }) => isStored(key))) {
    for (let at: PlannedState | undefined = state; at?.from !== undefined; at = byKey.get(at.from)) passed.add(at.from);
  }
  const shown = states.filter(({ from, roles }) => from !== undefined || roles.length > 0);
  return shown.map(({ key, seed, from, position, roles }) => {
    const job = jobOf(key);
    const is = isStored(key) ? 'stored' : (job?.state ?? (passed.has(key) ? 'passed' : 'missing'));
    return {
      ...{ state: key, seed: seed ?? null, from: byKey.get(from ?? key)?.position ?? position, to: position },
      ...{ for: [...new Set(roles.map((role) => described(role, label)))], is, job: job?.id ?? null },
      where: job?.where ?? job?.reason ?? null,
    };
  });
}

function described(role: StateRole, label: VersionNames): string {
  switch (role.role) {
    case 'release':
      return `${role.strategy} ${label(role.version)}`;
    case 'capture':
    case 'measure':
      return `${role.role} of ${role.strategy}`;
    default:
      return role.role;
  }
}

function asText(record: PlanRecord, segments: readonly SegmentStatus[], queue: JobQueue | undefined, style: Style) {
  const count = (is: SegmentStatus['is']) => segments.filter((segment) => segment.is === is).length;
  const rows = segments.map(({ state, seed, from, to, for: needed, is, job, where }) => [
    state.slice(0, 12),
    seed === null ? '' : String(seed),
    `${whole(from)} to ${whole(to)}`,
    shortened(needed),
    is === 'running' ? style.green(is) : is === 'missing' ? style.dim('to be made') : is,
    job === null ? '' : is === 'running' ? `${job} on ${where}` : `${job} (${where ?? is})`,
  ]);
  const amounts = (['running', 'pending', 'missing'] as const)
    .filter((is) => count(is) > 0)
    .map((is) => `${count(is)} ${is === 'missing' ? 'to be made' : is}`);
  const done = count('stored') + count('passed');
  const head = `${style.bold(record.experiment)}: ${done} of ${plural(segments.length, 'segment')} done${amounts.length > 0 ? `; ${amounts.join(', ')}` : ''}${queue === undefined ? '' : `, on ${queue.name}`}`;
  return `${head}\n\n${table(['state', 'seed', 'steps', 'for', 'is', 'job'], rows, style, [], [3, 5])}`;
}

/** What needs a state: two names, and how many more there are. */
function shortened(needed: readonly string[]): string {
  return needed.length <= 2 ? needed.join(', ') : `${needed.slice(0, 2).join(', ')} and ${needed.length - 2} more`;
}
