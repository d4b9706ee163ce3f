/** Output of `store gc`. */
import { plural, quantity } from '../ui/format.js';
import type { Style } from '../ui/style.js';
import { listedAsJson, sumOf } from './checkpoints.js';
import { describePlan, type Known } from './format-reasons.js';
import type { Cleaning } from './garbage.js';
import { checkpointTable } from './ls.js';

/** The arguments that the output mentions. */
interface Invocation {
  readonly run: string;
  readonly dryRun: boolean;
}

/** As JSON data. */
export function gcAsJson(cleaning: Cleaning, { run, dryRun }: Invocation) {
  const { keep, forget, leftovers, setAside } = cleaning;
  return {
    run,
    dryRun,
    deleted: cleaning.delete.map(listedAsJson),
    kept: keep.map(listedAsJson),
    forgotten: forget.map(({ states: _states, format: _format, ...head }) => head),
    leftovers,
    setAside: setAside ?? null,
    bytes: { freed: freedBy(cleaning), kept: sumOf(keep) },
  };
}

/** As text. A dry run lists what would be deleted. */
export function gcAsText(cleaning: Cleaning, { run, dryRun }: Invocation, known: Known, style: Style): string {
  const { keep, forget, leftovers, setAside } = cleaning;
  const freed = freedBy(cleaning);
  const parts = [
    ...(cleaning.delete.length > 0 ? [plural(cleaning.delete.length, 'checkpoint')] : []),
    ...(leftovers.length > 0 ? [`${plural(leftovers.length, 'leftover')} of interrupted writes`] : []),
    ...(setAside === undefined ? [] : ['damaged/']),
  ];
  const lines = [
    parts.length === 0
      ? 'nothing to delete'
      : `${dryRun ? 'would free' : 'freed'} ${quantity(freed, 'B')}: ${parts.join(', ')}`,
    ...forget.map((plan) => `${dryRun ? 'would forget' : 'forgot'} ${describePlan(plan)}`),
    `${dryRun ? 'would keep' : 'kept'} ${plural(keep.length, 'checkpoint')}, ${quantity(sumOf(keep), 'B')} (branchline store ls ${run})`,
  ];
  const list = dryRun && cleaning.delete.length > 0 ? [checkpointTable(cleaning.delete, known, style, 'it was')] : [];
  return [...list, lines.join('\n')].join('\n\n');
}

function freedBy({ delete: deleted, leftovers, setAside }: Cleaning): number {
  return sumOf(deleted) + sumOf(leftovers) + (setAside?.bytes ?? 0);
}
