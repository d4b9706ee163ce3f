/** Determines the outcome of a case from the output of its processes and the files on disk. */
import type { Damage } from './damage.ts';
import { CHECKPOINT_EVERY, LANES, WARM_UP_STEPS } from './experiment.ts';
import type { CasePlan, Kind } from './plan.ts';
import type { Ended } from './process.ts';
import type { Differences } from './verify.ts';

/** Columns of the tally. */
export const OUTCOMES = ['continued', 'recomputed', 'refused', 'lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A process of a case. */
export interface Observed {
  /**
   * `disturbed`: a fault was injected. `second`: started while another ran. `again`: the same command afterwards.
   * `verify`: `store verify`, if a file is damaged that no run has read.
   */
  readonly role: 'disturbed' | 'second' | 'again' | 'verify';
  /** The signal that was sent to it. */
  readonly sent?: NodeJS.Signals;
  /** Whether its disk was full, or a write was made to fail. */
  readonly diskFailed?: boolean;
  readonly ended: Ended;
}

/** All evidence about a finished case. */
export interface Evidence {
  readonly plan: CasePlan;
  readonly processes: readonly Observed[];
  readonly damage?: Damage;
  /** Strategies that a disturbed run completed, and all strategies. */
  readonly completed?: readonly string[];
  readonly strategies: readonly string[];
  /** Problems found during the case and at its end. */
  readonly problems: readonly string[];
  readonly differences?: Differences;
  /** For an update: the steps that were not trained when it began. */
  readonly missingSteps?: number;
}

/** The outcome of a case, and why it counts as lost. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly complaints: readonly string[];
}

/**
 * Exit codes of the command line, as documented in packages/cli/README.md. 70 is an internal error and never allowed.
 */
export const EXIT_CODES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 130];

/**
 * Exit codes allowed for disturbed processes of a kind, in addition to death by the signal that was sent and to the
 * codes of a failed disk.
 */
const DISTURBED: Readonly<Record<Kind, readonly number[]>> = {
  SIGKILL: [0],
  SIGTERM: [0, 130],
  SIGINT: [0, 130],
  'full-disk': [0],
  'failed-write': [0],
  'damaged-checkpoint': [0, 3, 5],
  'damaged-manifest': [0, 3, 5],
  'damaged-ledger': [0, 3, 5],
  'damaged-metrics': [0, 3, 5],
  'damaged-tokens': [0, 3, 5],
  'damaged-other': [0, 3, 5],
  'second-writer': [0, 4],
  'two-hosts': [0, 4],
  'clock-back': [0],
  nan: [1],
  growth: [0],
};

/** Exit codes allowed when the disk failed. */
const DISK_FAILED: readonly number[] = [3, 5];

const STACK = /^\s+at .+[:(].*\d+:\d+\)?$/m;

/** Determines the outcome. */
export function judge(evidence: Evidence): Verdict {
  const { plan, processes, damage, problems, differences } = evidence;
  const complaints = [...problems, ...processes.flatMap((one) => complaintsOf(one, plan.kind))];
  if (processes.at(-1)?.ended.code !== 0) complaints.push('the same command did not finish');
  const output = processes.map(({ ended }) => ended.output).join('\n');
  const named = damage !== undefined && names(output, damage);
  const { lost = [], unread = [], curves = [], stepsAgain = 0 } = differences ?? {};
  complaints.push(...lost);
  for (const release of unread) complaints.push(`${release}: the file of the weights is not what results.json says`);
  const mustReport = (what: string) => {
    if (damage === undefined) complaints.push(`${what}, and nothing was damaged`);
    else if (!named) complaints.push(`${what}, and the output does not say that runs/${damage.file} was damaged`);
  };
  if (curves.length > 0) mustReport(`loss curves of ${curves.join(', ')} differ`);
  if (stepsAgain > 0) mustReport(`${stepsAgain} steps were trained again`);
  const refusals = processes.filter(
    ({ role, ended }) => role !== 'verify' && ended.code !== null && ![0, 130].includes(ended.code),
  );
  if (damage !== undefined && refusals.length > 0) mustReport('the command refused');
  if (damage !== undefined && isAlwaysRead(damage)) mustReport('a file that every run reads was damaged');
  if (plan.kind === 'two-hosts') complaints.push(...complaintsOfHosts(evidence));
  if (plan.kind === 'nan') complaints.push(...complaintsOfNaN(evidence, output));
  if (evidence.missingSteps !== undefined) complaints.push(...complaintsOfUpdate(evidence, evidence.missingSteps));
  if (complaints.length > 0) return { outcome: 'lost', complaints };
  if (named || stepsAgain > 0) return { outcome: 'recomputed', complaints };
  return { outcome: refusals.length > 0 ? 'refused' : 'continued', complaints };
}

function complaintsOf({ role, sent, diskFailed, ended }: Observed, kind: Kind): readonly string[] {
  const { code, signal, output, stuck } = ended;
  const which = role === 'again' ? 'the same command' : role === 'verify' ? 'store verify' : `the ${role} process`;
  if (stuck) return [`${which} did not end`];
  const complaints: string[] = [];
  if (STACK.test(output)) complaints.push(`${which} showed a stack trace`);
  if (signal !== null) return signal === sent ? complaints : [...complaints, `${which} died of ${signal}`];
  if (!EXIT_CODES.includes(code!)) return [...complaints, `${which} ended with code ${code}`];
  // It runs only if something is damaged.
  if (role === 'verify') return code === 5 ? complaints : [...complaints, `${which} ended with code ${code}`];
  // With a damaged file the command may refuse; after any other fault it must succeed.
  const allowed = role === 'again' && !kind.startsWith('damaged') ? [0] : DISTURBED[kind];
  const asked = sent === 'SIGINT' || sent === 'SIGTERM' ? [0, 130] : [];
  const failed = diskFailed ? DISK_FAILED : [];
  if (![...allowed, ...asked, ...failed].includes(code!)) complaints.push(`${which} ended with code ${code}`);
  if (diskFailed && code !== 0 && !/ENOSPC|EDQUOT|EIO|no space|i\/o error/i.test(output)) {
    complaints.push(`${which} did not say that the disk failed`);
  }
  return complaints;
}

/** After a crash, another machine must continue. Of two that run, one finishes; neither takes the lock of the other. */
function complaintsOfHosts({ plan, processes }: Evidence): readonly string[] {
  const [action] = plan.actions;
  if (action?.do !== 'hosts') return [];
  const both = processes.filter(({ role }) => role === 'second' || role === 'disturbed');
  const complaints: string[] = [];
  if (!both.some(({ ended }) => ended.code === 0)) {
    complaints.push(action.first === 'killed' ? 'another machine did not continue after a crash' : 'none finished');
  }
  if (both.some(({ ended }) => ended.output.includes('was lost'))) complaints.push('a lock was taken from a process');
  return complaints;
}

/** A NaN must stop exactly the strategies that need the step, and the output must name them and the step. */
function complaintsOfNaN({ completed = [], strategies }: Evidence, output: string): readonly string[] {
  const failed = strategies.filter((name) => !completed.includes(name));
  const complaints = failed
    .filter((name) => !new RegExp(`strategy "[^"]*${escaped(name)}[^"]*", step \\d+`).test(output))
    .map((name) => `the output does not say at which step ${name} failed`);
  if (failed.length === 0) complaints.push('a NaN stopped no strategy');
  return complaints;
}

/**
 * An update computes the missing steps, and again at most those since the last checkpoint of each lane of a stopped
 * process; each lane may also warm up.
 * Steps of processes that could not report them do not count.
 */
function complaintsOfUpdate({ processes }: Evidence, missing: number): readonly string[] {
  const computed = processes.reduce((sum, { ended }) => sum + (ended.report?.steps ?? 0), 0);
  const stopped = processes.filter(({ ended }) => ended.code !== 0).length;
  if (computed <= missing + LANES * (stopped * CHECKPOINT_EVERY + processes.length * WARM_UP_STEPS)) return [];
  return [`${computed} steps were computed; ${missing} were missing, and ${stopped} processes were stopped`];
}

/** Whether every run reads the file, so that damage must be detected: the ledger, all manifests, all prepared text. */
function isAlwaysRead({ target, file }: Damage): boolean {
  return target === 'manifest' || target === 'tokens' || file === 'quick/ledger.jsonl';
}

const escaped = (text: string) => text.replace(/[+]/g, '\\$&');

/**
 * Whether the output names the damage: by the file's name, or, if that is a digest or one of many, by the digest of the
 * whole that it belongs to.
 */
function names(output: string, { target, file }: Damage): boolean {
  // There is only one, so the output need not contain its path.
  if (target === 'ledger') return /warning: .*\bledger\b/.test(output);
  const parts = file.split('/');
  const digest = parts.map((part) => /^[0-9a-f]{64}/.exec(part)?.[0]).find(Boolean);
  const name = digest === undefined ? parts.at(-1)! : digest.slice(0, 12);
  return output.split('\n').some((line) => line.includes(name) && /warning: |damaged/.test(line));
}
