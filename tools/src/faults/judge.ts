/** Decides what a case came to from what its processes said and what is on the disk. */
import type { Damage } from './damage.ts';
import type { CasePlan, Kind } from './plan.ts';
import type { Ended } from './process.ts';
import type { Differences } from './verify.ts';

/** Columns of the tally. */
export const OUTCOMES = ['continued', 'recomputed', 'refused', 'lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One process of a case. */
export interface Observed {
  /**
   * `disturbed`: something was done to it. `second`: it was started while another ran. `again`: the same command
   * afterwards. `verify`: `store verify`, where a damaged file was left that no run had read.
   */
  readonly role: 'disturbed' | 'second' | 'again' | 'verify';
  /** The signal it was sent. */
  readonly sent?: NodeJS.Signals;
  readonly ended: Ended;
}

/** All that is known of a case at its end. */
export interface Evidence {
  readonly plan: CasePlan;
  readonly processes: readonly Observed[];
  readonly damage?: Damage;
  /** Strategies that a disturbed run completed, and all there are. */
  readonly completed?: readonly string[];
  readonly strategies: readonly string[];
  /** Problems that were found on the way and at the end. */
  readonly problems: readonly string[];
  readonly differences?: Differences;
}

/** What a case came to, and why it counts as lost. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly complaints: readonly string[];
}

/**
 * Exit codes of the command line, as packages/cli/README.md documents them; 70 is a mistake of ours and never allowed.
 */
export const EXIT_CODES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 130];

/** Codes that a disturbed process of a kind may end with, beside the end by the signal that it was sent. */
const DISTURBED: Readonly<Record<Kind, readonly number[]>> = {
  SIGKILL: [0],
  SIGTERM: [0, 130],
  SIGINT: [0, 130],
  'full-disk': [0, 3, 5],
  'failed-write': [0, 3, 5],
  'damaged-checkpoint': [0, 3, 5],
  'damaged-manifest': [0, 3, 5],
  'damaged-ledger': [0, 3, 5],
  'damaged-metrics': [0, 3, 5],
  'damaged-tokens': [0, 3, 5],
  'damaged-other': [0, 3, 5],
  'second-writer': [0, 4],
  'clock-back': [0],
  nan: [1],
};

const STACK = /^\s+at .+[:(].*\d+:\d+\)?$/m;

/** Decides. */
export function judge(evidence: Evidence): Verdict {
  const { plan, processes, damage, problems, differences } = evidence;
  const complaints = [...problems, ...processes.flatMap((one) => complaintsOf(one, plan.kind))];
  if (processes.at(-1)?.ended.code !== 0) complaints.push('the same command did not come to its end');
  const output = processes.map(({ ended }) => ended.output).join('\n');
  const named = damage !== undefined && names(output, damage);
  const { lost = [], unread = [], curves = [], stepsAgain = 0 } = differences ?? {};
  complaints.push(...lost);
  for (const release of unread) complaints.push(`${release}: the file of the weights is not what results.json says`);
  const told = (what: string) => {
    if (damage === undefined) complaints.push(`${what}, and nothing was damaged`);
    else if (!named) complaints.push(`${what}, and nobody said that runs/${damage.file} was damaged`);
  };
  if (curves.length > 0) told(`loss curves of ${curves.join(', ')} are others`);
  if (stepsAgain > 0) told(`${stepsAgain} steps were trained again`);
  const refusals = processes.filter(
    ({ role, ended }) => role !== 'verify' && ended.code !== null && ![0, 130].includes(ended.code),
  );
  if (damage !== undefined && refusals.length > 0) told('the command refused');
  if (damage !== undefined && isAlwaysRead(damage)) told('a file that every run reads was damaged');
  if (plan.kind === 'nan') complaints.push(...complaintsOfNaN(evidence, output));
  if (complaints.length > 0) return { outcome: 'lost', complaints };
  if (named || stepsAgain > 0) return { outcome: 'recomputed', complaints };
  return { outcome: refusals.length > 0 ? 'refused' : 'continued', complaints };
}

function complaintsOf({ role, sent, ended }: Observed, kind: Kind): readonly string[] {
  const { code, signal, output, stuck } = ended;
  const which = role === 'again' ? 'the same command' : role === 'verify' ? 'store verify' : `the ${role} process`;
  if (stuck) return [`${which} did not end`];
  const complaints: string[] = [];
  if (STACK.test(output)) complaints.push(`${which} showed a stack trace`);
  if (signal !== null) return signal === sent ? complaints : [...complaints, `${which} died of ${signal}`];
  if (!EXIT_CODES.includes(code!)) return [...complaints, `${which} ended with code ${code}`];
  // It was called because something is damaged.
  if (role === 'verify') return code === 5 ? complaints : [...complaints, `${which} ended with code ${code}`];
  // Where a file is damaged, the command may refuse; after everything else it goes on.
  const allowed = role === 'again' && !kind.startsWith('damaged') ? [0] : DISTURBED[kind];
  const asked = sent === 'SIGINT' || sent === 'SIGTERM' ? [0, 130] : [];
  if (![...allowed, ...asked].includes(code!)) complaints.push(`${which} ended with code ${code}`);
  const injected = kind === 'failed-write' || kind === 'full-disk';
  if (role === 'disturbed' && injected && code !== 0 && !/ENOSPC|EIO|no space|i\/o error/i.test(output)) {
    complaints.push(`${which} did not say that the disk failed`);
  }
  return complaints;
}

/** A NaN stops those who need the step, says who they are and where, and nobody else. */
function complaintsOfNaN({ completed = [], strategies }: Evidence, output: string): readonly string[] {
  const failed = strategies.filter((name) => !completed.includes(name));
  const complaints = failed
    .filter((name) => !new RegExp(`strategy "[^"]*${escaped(name)}[^"]*", step \\d+`).test(output))
    .map((name) => `nobody said at which step ${name} failed`);
  if (failed.length === 0) complaints.push('a NaN stopped nobody');
  return complaints;
}

/** Damage of these cannot stay unseen: every run reads the ledger, all manifests and all prepared text. */
function isAlwaysRead({ target, file }: Damage): boolean {
  return target === 'manifest' || target === 'tokens' || file === 'quick/ledger.jsonl';
}

const escaped = (text: string) => text.replace(/[+]/g, '\\$&');

/**
 * True when damage is told: by the file's own name, or, where that is a digest or one of many, by the digest of what it
 * is part of.
 */
function names(output: string, { target, file }: Damage): boolean {
  // There is one, and whoever speaks of it need not know what the file is called.
  if (target === 'ledger') return /warning: .*\bledger\b/.test(output);
  const parts = file.split('/');
  const digest = parts.map((part) => /^[0-9a-f]{64}/.exec(part)?.[0]).find(Boolean);
  const name = digest === undefined ? parts.at(-1)! : digest.slice(0, 12);
  return output.split('\n').some((line) => line.includes(name) && /warning: |damaged/.test(line));
}
