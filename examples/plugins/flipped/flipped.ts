import { definePlugin, z } from 'branchline';

const share = (describe: string) => z.number().min(0).lt(1).describe(describe);

const options = z.strictObject({
  from: share('Share of earlier versions in the text of a version, at its beginning.').default(0),
  to: share('The same at its end. Between them the share changes linearly.').default(0.5),
});

/**
 * A curriculum over a ratio, after the flipped classroom (Teutsch and Mäder, TMLR 2022, arXiv 2210.08959): there the
 * ratio of true to own inputs of a forecasting model rises over training, where scheduled sampling lets it fall. Here
 * the ratio is that of old text in a version's mixture. `from` above `to` is the usual direction.
 *
 * Decides only the data; combine it with `continual`: `[continual(), flipped()]`.
 */
export const flipped = definePlugin({
  name: 'flipped',
  description: 'Replay whose share rises or falls over every version.',
  owns: ['data'],
  options,
  vary: { from: { from: 0, to: 0.9 }, to: { from: 0, to: 0.9 } },
  onVersion({ version, options: { from, to } }) {
    return version.index === 1 ? undefined : { data: { use: 'mixture', replay: from, to } };
  },
});
