/** Draws the faults of a case: a pure function of seed, kind and number, so that every case can be repeated alone. */
import { RandomStream } from '@branchline/core';
import type { Injection } from './injection.ts';

/** Kinds of faults, in the order in which they alternate. */
export const KINDS = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'full-disk',
  'failed-write',
  'damaged-checkpoint',
  'damaged-manifest',
  'damaged-ledger',
  'damaged-metrics',
  'damaged-tokens',
  'damaged-other',
  'second-writer',
  'two-hosts',
  'clock-back',
  'nan',
  'growth',
] as const;

export type Kind = (typeof KINDS)[number];

/** Kinds of files to damage; damage.ts defines them. */
export type Target = 'checkpoint' | 'manifest' | 'ledger' | 'metrics' | 'tokens' | 'other';

/** One action on a workspace. Fractions are at least 0 and less than 1. */
export type Action =
  /** Runs the command with a fault injected into its process. */
  | { readonly do: 'run'; readonly injection: Injection }
  /** Runs the command and sends it a signal after a fraction of its usual duration. */
  | { readonly do: 'signal'; readonly signal: NodeJS.Signals; readonly after: number }
  /** Runs the command with disk space for a fraction of what it writes, then frees space. */
  | { readonly do: 'fill'; readonly free: number }
  /**
   * Truncates one file or changes one byte of it. `file` and `place` select the file and the byte, as fractions of
   * their number.
   */
  | {
      readonly do: 'damage';
      readonly target: Target;
      readonly form: 'truncate' | 'flip';
      readonly file: number;
      readonly place: number;
    }
  /** Runs the command twice concurrently, the second started after a fraction of the duration. */
  | { readonly do: 'race'; readonly after: number }
  /** Suspends the command at a moment until a second one, started meanwhile, has ended. */
  | { readonly do: 'overtake'; readonly at: number }
  /**
   * Runs the command on one machine and then on another, whose clock is `skew` milliseconds ahead: after the first was
   * killed or suspended at a moment, or while it runs.
   */
  | {
      readonly do: 'hosts';
      readonly first: 'killed' | 'suspended' | 'running';
      readonly at: number;
      readonly skew: number;
    };

/** A case: the initial state and the actions. Afterwards the command runs without faults. */
export interface CasePlan {
  readonly kind: Kind;
  /** From 1, within its kind. */
  readonly number: number;
  /**
   * `nothing`: the text is not prepared. `text`: it is prepared. `run`: the run is complete as well. `earlier`: the run
   * of all versions but the last is complete, and the text of the last has arrived.
   */
  readonly begin: 'nothing' | 'text' | 'run' | 'earlier';
  readonly actions: readonly Action[];
}

/** Size of an undisturbed run, over which moments are drawn. */
export interface Lengths {
  /** Moments of preparing the text, and of a run on prepared text. */
  readonly preparation: number;
  readonly run: number;
  readonly steps: number;
  /** Duration of a run on prepared text. */
  readonly milliseconds: number;
  /** Disk usage after preparing the text and after a run. */
  readonly preparationBytes: number;
  readonly runBytes: number;
  /** An undisturbed update to the last version, including the preparation of text. */
  readonly growth: { readonly moments: number; readonly milliseconds: number; readonly bytes: number };
}

/** Kinds that also disturb the preparation of text. */
const ALSO_COLD: ReadonlySet<Kind> = new Set<Kind>([
  ...(['SIGKILL', 'SIGTERM', 'SIGINT', 'full-disk', 'failed-write', 'second-writer'] as const),
]);
/** Moments that count as near the beginning or the end of a run. */
const EDGE = 40;
const MINUTE_MS = 60_000;

/** Draws case `number` of a kind. `realDisk`: a small disk can be mounted; otherwise writes are made to fail. */
export function drawCase(kind: Kind, number: number, seed: number, lengths: Lengths, realDisk: boolean): CasePlan {
  const random = new RandomStream(seed, `faults ${kind} ${number}`);
  const happens = (probability: number) => random.uniform() < probability;
  const cold = happens(1 / 4) && ALSO_COLD.has(kind);
  const moment = () => {
    if (cold) return 1 + random.below(lengths.preparation);
    const moments = kind === 'growth' ? lengths.growth.moments : lengths.run;
    // Beginning and end have few moments, so one draw in five is forced to be near them.
    const edge = Math.min(EDGE, moments);
    if (happens(1 / 10)) return 1 + random.below(edge);
    if (happens(1 / 9)) return moments - random.below(edge);
    return 1 + random.below(moments);
  };
  const kill = (at: number): Action => ({
    do: 'run',
    injection: { kind: 'signal', signal: 'SIGKILL', at: [at], half: happens(0.5) },
  });
  const made = (actions: readonly Action[], begin: CasePlan['begin'] = cold ? 'nothing' : 'text'): CasePlan => ({
    ...{ kind, number, begin, actions },
  });

  const signalled = (signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Action => {
    if (happens(0.5)) return { do: 'signal', signal, after: random.uniform() * (cold ? 0.6 : 1) };
    const at = moment();
    // A second Ctrl-C while it is stopping.
    const again = signal === 'SIGINT' && happens(0.5) ? [at + 1 + random.below(8)] : [];
    return { do: 'run', injection: { kind: 'signal', signal, at: [at, ...again], half: happens(0.5) } };
  };

  const failing = (code: 'ENOSPC' | 'EDQUOT' | 'EIO', lasts: boolean): Action => ({
    do: 'run',
    injection: { kind: 'failure', code, at: moment(), half: happens(0.5), lasts },
  });

  const full = (): Action => (realDisk ? { do: 'fill', free: random.uniform() } : failing('ENOSPC', true));

  const damaged = (target: Target): CasePlan => {
    const complete = happens(0.5);
    // Not at the very beginning: there must be a file to damage.
    const before = complete ? [] : [kill(Math.ceil(lengths.run * (0.1 + 0.9 * random.uniform())))];
    const form = happens(0.5) ? 'truncate' : 'flip';
    const damage: Action = { do: 'damage', target, form, file: random.uniform(), place: random.uniform() };
    // The run that repairs it is killed as well.
    const after = happens(1 / 3) ? [kill(1 + random.below(happens(0.5) ? 200 : lengths.run))] : [];
    return made([...before, damage, ...after], complete ? 'run' : 'text');
  };

  switch (kind) {
    case 'SIGKILL':
      return made(Array.from({ length: 1 + random.below(3) }, () => signalled(kind)));
    case 'SIGTERM':
    case 'SIGINT':
      return made([signalled(kind)]);
    case 'full-disk':
      return made([full()]);
    case 'failed-write':
      return made([failing((['ENOSPC', 'EDQUOT', 'EIO'] as const)[random.below(3)]!, happens(0.5))]);
    case 'damaged-checkpoint':
      return damaged('checkpoint');
    case 'damaged-manifest':
      return damaged('manifest');
    case 'damaged-ledger':
      return damaged('ledger');
    case 'damaged-metrics':
      return damaged('metrics');
    case 'damaged-tokens':
      return damaged('tokens');
    case 'damaged-other':
      return damaged('other');
    case 'second-writer':
      // Half of the cases start from the state of a killed process.
      return made([
        ...(happens(0.5) ? [kill(moment())] : []),
        happens(1 / 3)
          ? { do: 'overtake', at: happens(0.5) ? 1 + random.below(EDGE) : moment() }
          : { do: 'race', after: happens(1 / 3) ? 0 : random.uniform() * (cold ? 0.6 : 1) },
      ]);
    case 'two-hosts': {
      const first = (['killed', 'suspended', 'running'] as const)[random.below(3)]!;
      // Up to a day, ahead or behind.
      const skew = Math.round((happens(0.5) ? 1 : -1) * 1440 * MINUTE_MS * random.uniform());
      return made([{ do: 'hosts', first, at: moment(), skew }]);
    }
    case 'clock-back': {
      // From a minute to ten years.
      const back = Math.round(MINUTE_MS * 5_256_000 ** random.uniform());
      // Half of the cases follow a killed run, whose files and lock are then from the future.
      if (happens(0.5)) return made([kill(moment()), { do: 'run', injection: { kind: 'clock', at: 0, back } }]);
      return made([{ do: 'run', injection: { kind: 'clock', at: moment(), back } }]);
    }
    case 'nan': {
      const how = happens(0.5) ? 'weights' : 'loss';
      return made([{ do: 'run', injection: { kind: 'nan', at: 1 + random.below(lengths.steps), how } }]);
    }
    case 'growth': {
      const stops = [() => signalled('SIGKILL'), () => signalled('SIGTERM'), full];
      const actions = Array.from({ length: 1 + random.below(3) }, () => stops[random.below(stops.length)]!());
      return made(actions, 'earlier');
    }
  }
}

/** All cases of all kinds, alternating. */
export function drawCases(
  kinds: readonly Kind[],
  perKind: number,
  draw: (kind: Kind, number: number) => CasePlan,
): readonly CasePlan[] {
  return Array.from({ length: perKind }, (_, index) => kinds.map((kind) => draw(kind, index + 1))).flat();
}

/** A readable description of a case. */
export function describeCase({ begin, actions }: CasePlan): string {
  const start = {
    nothing: 'on nothing',
    text: 'on prepared text',
    run: 'on a complete run',
    earlier: 'on a complete run of the earlier versions',
  }[begin];
  return `${start}: ${actions.map(describeAction).join('; ')}`;
}

function describeAction(action: Action): string {
  const share = (value: number) => `${(100 * value).toFixed(1)}%`;
  switch (action.do) {
    case 'signal':
      return `${action.signal} from outside after ${share(action.after)} of the time`;
    case 'fill':
      return `room for ${share(action.free)} of what is written`;
    case 'damage':
      return `${action.form} a file of ${action.target} at ${share(action.place)}`;
    case 'race':
      return `a second one ${share(action.after)} of the time later`;
    case 'overtake':
      return `a second one while the first stands still at moment ${action.at}`;
    case 'hosts':
      return `a second one on another machine, the first ${action.first} at moment ${action.at}, clocks ${Math.round(action.skew / MINUTE_MS)} minutes apart`;
    case 'run':
      return describeInjection(action.injection);
  }
}

function describeInjection(injection: Injection): string {
  switch (injection.kind) {
    case 'count':
      return 'nothing';
    case 'signal':
      return `${injection.signal} at moment ${injection.at.join(' and ')}${injection.half ? ', half of a write done' : ''}`;
    case 'failure':
      return `${injection.code} ${injection.lasts ? 'from' : 'at'} moment ${injection.at}${injection.half ? ', half of a write done' : ''}`;
    case 'clock':
      return `the clock set back ${Math.round(injection.back / MINUTE_MS)} minutes at moment ${injection.at}`;
    case 'machine':
      return `on the machine ${injection.name}`;
    case 'nan':
      return `NaN in step ${injection.at} (${injection.how})`;
  }
}
