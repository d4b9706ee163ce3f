import type { ExperimentInfo, VersionInfo } from './experiment-info.js';
import type { DataSpec } from './values.js';

/** What the size of a version's data depends on. */
export interface DataKnown {
  readonly experiment: Pick<ExperimentInfo, 'batch' | 'versions'>;
  readonly version: VersionInfo;
}

/** Number of sequences in a share of `count`: rounded, at least one batch. */
export function subsetSize(count: number, share: number, batch: number): number {
  return Math.min(count, Math.max(batch, Math.round(count * share)));
}

/**
 * Number of whole batches in a version's data. Increments are rounded down separately, so that `all` is the sum of the
 * increments.
 */
export function stepsOfData(data: DataSpec, { experiment: { batch, versions }, version }: DataKnown): number {
  if (data.use === 'chosen') return Math.max(1, Math.floor(data.sequences.length / batch));
  const all = data.use === 'all' || (data.use === 'subset' && data.of === 'all');
  const used = all ? versions.filter(({ index }) => index <= version.index) : [version];
  const count = used.reduce((sum, { sequences }) => sum + sequences, 0);
  if (data.use === 'subset') return Math.floor(subsetSize(count, data.share, batch) / batch);
  return Math.max(
    1,
    used.reduce((sum, { sequences }) => sum + Math.floor(sequences / batch), 0),
  );
}
