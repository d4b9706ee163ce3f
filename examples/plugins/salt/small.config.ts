/**
 * The smaller model that teaches: a quarter of the parameters, trained on version 1 of the same text. Takes seconds.
 *
 *     npx branchline bench examples/plugins/salt/small.config.ts
 *     npx branchline store export runs/salt-small continual 1 --out runs/salt-teacher
 */
import { continual, defineExperiment } from 'branchline';
import { data } from './data.js';

export default defineExperiment({
  name: 'salt-small',
  model: { layers: 2, width: 32, heads: 2, context: 64 },
  data,
  training: { batch: 8, lr: { peak: 6e-3, warmup: 10, minRatio: 0.1 } },
  strategies: { continual: [continual()] },
});
