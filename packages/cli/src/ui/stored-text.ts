/** What a run directory has of a plan, and why the rest must be trained, as text. */
import type { StoredWork } from '@branchline/api';
import type { Difference, MissingRelease } from '@branchline/core';
import type { VersionNames } from '@branchline/evaluation';
import { compact, duration, plural, short, showValue, whole } from './format.js';
import type { Style } from './style.js';
import { versionTitle } from './version-label.js';

/** Versions that arrived or changed, stored and missing work. With `why`: the reasons, else how to see them. */
export function storedText(stored: StoredWork, labels: VersionNames, style: Style, why: boolean): string {
  const { versions, releases, steps } = stored;
  const all = releases.stored + releases.missing;
  const lines = [
    style.bold('stored already'),
    ...(versions === null ? [] : versionLines(versions, style)),
    `  reused   ${whole(releases.stored)} of ${plural(all, 'release')}, ${whole(steps.stored)} of ${plural(steps.stored + steps.missing, 'step')}`,
    `  missing  ${missingText(stored)}`,
    ...elsewhereLines(stored, style),
  ];
  if (stored.why.length === 0) return lines.join('\n');
  const reasons = groupReasons(stored.why, labels);
  if (why) return [...lines, ...reasons.map(({ reason, releases: of }) => `  why      ${reason}: ${of}`)].join('\n');
  // Of releases that were only planned, nothing can be reused.
  const known = reasons.filter(({ what }) => what !== 'new' && what !== 'not-stored').length;
  const hint = '  why      some releases were there before and cannot be reused: plan --why names what differs';
  return [...lines, ...(known > 0 ? [hint] : [])].join('\n');
}

function versionLines(
  { arrived, changed, gone }: NonNullable<StoredWork['versions']>,
  { yellow }: Style,
): readonly string[] {
  return [
    ...(arrived.length > 0 ? [`  arrived  ${arrived.join(', ')}`] : []),
    ...(changed.length > 0 ? [yellow(`  changed  ${changed.join(', ')}: other text than in the last plan`)] : []),
    ...(gone.length > 0 ? [yellow(`  gone     ${gone.join(', ')}`)] : []),
  ];
}

function elsewhereLines({ elsewhere }: StoredWork, { yellow }: Style): readonly string[] {
  if (elsewhere === null) return [];
  const { releases, steps, processors } = elsewhere;
  const work = `${plural(releases, 'release')} and ${plural(steps, 'step')} of it`;
  const where =
    processors.length === 1 ? `another processor (${processors[0]})` : `other processors (${processors.join('; ')})`;
  return [yellow(`           ${work} were trained on ${where}: --reuse-from-other-processors takes them`)];
}

function missingText({ steps, missingTokens, missingTime, releases }: StoredWork): string {
  if (steps.missing === 0 && releases.missing === 0) return 'nothing';
  const time = missingTime === null ? [] : [`about ${duration(missingTime.deviceSeconds)} of device time`];
  const money = missingTime?.money == null ? [] : [`${compact(missingTime.money)} ${missingTime.currency}`];
  return [plural(steps.missing, 'step'), `${short(missingTokens)} tokens`, ...time, ...money].join(', ');
}

/** A reason, with the releases that it holds for. */
interface Reason {
  readonly what: Difference['what'];
  readonly reason: string;
  readonly releases: string;
}

/** Names shown before "and N more". */
const SHOWN = 4;

function groupReasons(why: readonly MissingRelease[], labels: VersionNames): readonly Reason[] {
  const groups = new Map<string, MissingRelease[]>();
  for (const release of why) {
    const key = JSON.stringify(release.difference);
    groups.set(key, [...(groups.get(key) ?? []), release]);
  }
  return [...groups.values()].map((group) => {
    const { difference } = group[0]!;
    const versions = [...new Set(group.map(({ version }) => version))].sort((a, b) => a - b);
    const strategies = [...new Set(group.map(({ strategy }) => strategy))];
    const more = strategies.length > SHOWN ? ` and ${strategies.length - SHOWN} more` : '';
    const of = `${strategies.slice(0, SHOWN).join(', ')}${more}`;
    const range = versionTitle(labels, versions);
    return { what: difference.what, reason: reasonText(difference), releases: `${range} of ${of}` };
  });
}

/** The first difference in words. */
export function reasonText(difference: Difference): string {
  switch (difference.what) {
    case 'new':
      return 'new';
    case 'not-stored':
      return 'planned before, but not stored: not trained yet, or deleted';
    case 'basis':
      return basisText(difference);
    case 'start':
      return `starts from another state at step ${whole(difference.step)}`;
    case 'average':
      return 'averages other states, or with other weights';
    case 'rate':
      return `learning rate from step ${whole(difference.step)}: ${compact(difference.is)}, was ${compact(difference.was)}`;
    case 'weights':
      return `loss weights from step ${whole(difference.step)}`;
    case 'objective':
      return `another objective from step ${whole(difference.step)}`;
    case 'data': {
      const { from, to, versions } = difference;
      const changed =
        versions.length > 0 ? `text of ${versions.join(', ')} changed` : 'other sequences or another order';
      return `data in steps ${whole(from)} to ${whole(to)}: ${changed}`;
    }
    case 'steps':
      return `${plural(difference.is, 'step')}, was ${whole(difference.was)}`;
    case 'unknown':
      return 'differs, but the record of the earlier plan does not say where';
  }
}

function basisText({ part, was, is }: Extract<Difference, { what: 'basis' }>): string {
  if (part === 'model') return 'another model, or other weights to start from';
  if (part === 'numerics') return `another processor or engine: ${showValue(is)}, was ${showValue(was)}`;
  if (!isObject(is) || !isObject(was)) return `${part}: ${showValue(is)}, was ${showValue(was)}`;
  const changed = [...new Set([...Object.keys(is), ...Object.keys(was)])].filter(
    (key) => JSON.stringify(is[key]) !== JSON.stringify(was[key]),
  );
  return changed.map((key) => `${part}.${key}: ${showValue(is[key])}, was ${showValue(was[key])}`).join('; ');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
