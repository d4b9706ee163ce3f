/**
 * The quick experiment with three more strategies, which are not part of Branchline. See docs/examples.md.
 *
 *     npx branchline bench examples/plugins/quick.config.ts
 */
import { continual, defineExperiment, pathSwitching, replay } from 'branchline';
import quick, { textOf } from '../quick.config.js';
import { expo } from './expo/expo.js';
import { lfr } from './lfr/lfr.js';
import { stabilityGap } from './stability-gap/stability-gap.js';

export default defineExperiment({
  ...quick,
  name: 'quick-plugins',
  data: textOf('../..'),
  strategies: {
    ...quick.strategies,
    'learn, focus, review': [continual({ schedule: 'constant' }), lfr()],
    // LFR without its focus: the same rates, and as much old text as in the review of version 4.
    'rates of LFR': [continual({ schedule: { kind: 'stable-decay', decay: 0.3 } })],
    'rates of LFR + replay': [continual({ schedule: { kind: 'stable-decay', decay: 0.3 } }), replay({ ratio: 0.19 })],
    'best half, twice': [continual(), stabilityGap()],
    'any half, twice': [continual(), stabilityGap({ by: 'random' })],
    'path switching + ExPO': [pathSwitching({ alpha: 0.6 }), expo()],
    'continual + ExPO': [continual(), expo()],
  },
});
