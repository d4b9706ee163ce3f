/**
 * Version updates of your own corpus: Parquet or JSONL files with a column `text`, of any size, in a folder `corpus`
 * next to this file.
 *
 *     npx branchline plan  examples/version-updates.config.ts
 *     npx branchline bench examples/version-updates.config.ts
 *
 * To split the text by arrival instead of at random, name the column with the version:
 *
 *     sources: [{ files: 'corpus/*.parquet', versionField: 'month', domainField: 'site', scoreField: 'quality' }],
 *     versions: { by: 'field' },
 *
 * Without a `scoreField` the curriculum needs `score: 'diversity'`.
 */
import { continual, curriculum, defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';

export default defineExperiment({
  model: { layers: 4, width: 128, heads: 4, context: 128 },
  data: {
    sources: ['corpus/*.parquet'],
    versions: { by: 'random', count: 4 },
    score: 'diversity',
  },
  strategies: {
    'from scratch': [fromScratch()],
    continual: [continual({ rewarm: true })],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    'switching + CDMA': [pathSwitching({ alpha: 0.6 }), curriculum({ minRatio: 1 / 3 }), modelAveraging({ last: 6 })],
  },
  baseline: 'from scratch',
});
