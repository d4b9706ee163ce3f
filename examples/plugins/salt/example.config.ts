/**
 * A model that learns from a smaller one first, next to the same training without a teacher and with the teacher to the
 * end of version 1. Takes a minute, after the smaller model of `small.config.ts` was trained and exported.
 *
 *     npx branchline plan  examples/plugins/salt/example.config.ts --explain
 *     npx branchline bench examples/plugins/salt/example.config.ts
 */
import { continual, defineExperiment } from 'branchline';
import { data } from './data.js';
import { salt } from './salt.js';

const teacher = '../../../runs/salt-teacher';

export default defineExperiment({
  name: 'salt',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data,
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  seeds: 5,
  strategies: {
    continual: [continual()],
    SALT: [continual(), salt({ teacher })],
    'taught throughout': [continual(), salt({ teacher, share: 1 })],
  },
  compare: {
    claims: {
      salt: { strategy: 'SALT', against: 'continual', expect: '< 0', version: 1 },
      early: { strategy: 'SALT', against: 'taught throughout', expect: '< 0', version: 1 },
    },
  },
});
