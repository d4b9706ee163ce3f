/**
 * The quick experiment with three strategies more, which are not part of Branchline: see docs/examples.md.
 *
 *     npx branchline bench examples/plugins/quick.config.ts
 */
import { continual, defineExperiment, pathSwitching } from 'branchline';
import quick from '../quick.config.js';
import { expo } from './expo/expo.js';
import { lfr } from './lfr/lfr.js';
import { stabilityGap } from './stability-gap/stability-gap.js';

export default defineExperiment({
  ...quick,
  name: 'quick-plugins',
  data: { ...quick.data, sources: [{ lockfile: '../../package-lock.json', bytesPerDomain: '500KB' }] },
  strategies: {
    ...quick.strategies,
    'learn, focus, review': [continual({ schedule: 'constant' }), lfr()],
    'best half, twice': [continual(), stabilityGap()],
    'any half, twice': [continual(), stabilityGap({ by: 'random' })],
    'path switching + ExPO': [pathSwitching({ alpha: 0.6 }), expo()],
    'continual + ExPO': [continual(), expo()],
  },
});
