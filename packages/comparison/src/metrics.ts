/** Metrics that a rule can compare, and their descriptions. */
import type { Metric, VersionChoice } from '@branchline/evaluation';

/** Named metrics and their display names. */
export const METRICS = {
  loss: 'loss',
  bitsPerByte: 'bits per byte',
  tokens: 'tokens',
  flops: 'FLOPs',
  forgetting: 'forgetting',
  backwardTransfer: 'backward transfer',
  forwardTransfer: 'forward transfer',
} as const;

/** Describes a metric and version, e.g. `loss of the last version`. */
export function describeQuantity({ metric: of, version: at }: { metric: Metric; version: VersionChoice }): string {
  const text = (metric: Exclude<Metric, string | { readonly taskError: string } | { readonly validation: string }>) =>
    'heldOut' in metric
      ? `${'domain' in metric ? `${metric.domain} in ` : ''}the text of ${metric.heldOut}`
      : metric.domain;
  const what =
    typeof of === 'string'
      ? METRICS[of]
      : 'taskError' in of
        ? `error (1 - ${of.by}) on the task ${of.taskError}`
        : 'validation' in of
          ? `${METRICS[of.by]} on the validation set ${of.validation}`
          : `loss on ${text(of)}`;
  const which =
    at === 'last'
      ? 'of the last version'
      : at === 'mean'
        ? 'of all versions'
        : at === 'slope'
          ? 'by version'
          : `of version ${at}`;
  return `${what} ${which}`;
}
