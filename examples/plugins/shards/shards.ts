import { type AveragePart, cosine, definePlugin, z } from 'branchline';

const options = z
  .strictObject({
    base: z
      .int()
      .min(0)
      .default(1)
      .describe('First versions, trained one after the other. They are no shards and cannot be forgotten.'),
    isolated: z
      .boolean()
      .default(true)
      .describe(
        'true: each shard is trained from the base alone, and a release averages the shards. false: one after the other.',
      ),
    forget: z.array(z.int().min(1)).default([]).describe('Versions whose text no release may have learned from.'),
  })
  .superRefine(({ base, forget }, context) => {
    for (const version of forget) {
      if (version > base) continue;
      const message = `version ${version} belongs to the base, which every shard is trained from; forget versions above ${base}`;
      context.addIssue({ code: 'custom', path: ['forget'], message });
    }
  });

/**
 * Sharded training that can unlearn (SISA: Bourtoule et al., arXiv 1912.03817; for language models FairSISA: Kadhe et
 * al., arXiv 2312.07420): every version is a shard. What has learned from a forgotten shard is trained again without
 * it: nothing if shards are isolated, every later version if they are trained one after the other. The run graph has
 * the rest already.
 */
export const shards = definePlugin({
  name: 'shards',
  description: 'Every version is a shard whose text can be forgotten exactly.',
  owns: ['start', 'lr.schedule', 'lr.warmup', 'release.average'],
  options,
  onVersion({ version: { index }, count, experiment, options: { base, isolated, forget } }) {
    const unknown = forget.find((version) => version > count);
    if (unknown !== undefined) throw new Error(`forget names version ${unknown}, and there are ${count}`);
    const kept = Array.from({ length: index }, (_, place) => place + 1).filter((version) => !forget.includes(version));
    const parent = isolated && index > base ? base : (kept.filter((version) => version < index).at(-1) ?? 0);
    // What the release learned from: all kept shards, or the last kept version.
    const own = isolated && index > base ? kept.filter((version) => version > base) : [];
    const parts = own.length > 0 ? own : kept.slice(-1);
    return {
      start: parent === 0 ? { from: 'scratch' } : { from: 'release', version: parent },
      lr: { schedule: cosine(), warmup: experiment.lr.warmup },
      release: { average: parts.length === 1 && parts[0] === index ? undefined : averageOf(parts) },
    };
  },
});

/** The uniform average of the ends of main paths; fresh weights if there are none. */
function averageOf(versions: readonly number[]): readonly AveragePart[] {
  if (versions.length === 0) return [{ state: 'fresh', weight: 1 }];
  return versions.map((version) => ({ state: 'path', path: 'main', version, weight: 1 / versions.length }));
}
