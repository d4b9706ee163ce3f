import { constant, definePlugin, type ForkContext, type ForkPart, type VersionPart } from '@branchline/core';
import { finishWarmup, spanOf, stagesOf } from './branch.js';
import { type Options, options } from './options.js';

/** The name of the one branch a version has. */
const BRANCH = 'branch';

/**
 * Learning-rate path switching (Wang et al., EMNLP 2024, arXiv 2410.04103). One main path trains at the peak rate and
 * goes on from version to version from its own undecayed end. For every version a branch leaves it, trains on the new data while
 * its rate decays fast and completely, and ends in the release. N versions of T steps cost N·T + (N-1)·alpha·T steps: the main path
 * repeats the steps of a branch at the peak rate only when another version follows.
 */
export const pathSwitching = definePlugin({
  name: 'path-switching',
  version: '1.0.0',
  kernel: '^1',
  description: 'One main path at the peak rate; every release is the end of a branch that decays.',
  owns: [
    ...['start', 'lr.shape', 'lr.floor', 'forks', 'release.path'],
    ...[
      'at',
      'steps',
      'lr.warmup',
      ...['weights', 'optimizer', 'schedule', 'data', 'random', 'plugins'].map((part) => `carry.${part}`),
    ],
  ],
  options,
  setup: (choice) => ({
    onVersion({ version }): VersionPart {
      return {
        start: { from: version.index === 1 ? 'scratch' : 'tip' },
        // The floor is set here and not on the branch, which inherits it: so a second plugin with a floor of its own, such
        // as a curriculum with moderate decay, is told that there are two.
        lr: { shape: constant(), floor: choice.floor },
        forks: choice.alpha === 0 ? [] : [BRANCH],
        release: { path: choice.alpha === 0 ? 'main' : BRANCH },
      };
    },
    onFork(context): ForkPart | undefined {
      return context.fork === BRANCH && choice.alpha > 0 ? branch(choice, context) : undefined;
    },
  }),
});

function branch(choice: Options, { spec }: ForkContext): ForkPart {
  const span = spanOf(choice.alpha, choice.fork, spec.steps);
  const shape = stagesOf(choice.schedule ?? '1-sqrt', choice.hold);
  const part = { ...span, lr: { shape }, carry: choice.carry };
  // A fork inside the warm-up of version 1 has not reached the peak. Decaying from there would release a model that has hardly
  // trained, and step 0 has no rate to go on from; so the branch finishes the warm-up first.
  if (span.at >= spec.lr.warmup || choice.carry?.schedule === false) return part;
  return span.at === 0
    ? { ...part, lr: { shape, warmup: spec.lr.warmup }, carry: { ...choice.carry, schedule: false } }
    : { ...part, lr: { shape: finishWarmup(shape, span, spec.lr.warmup) } };
}
