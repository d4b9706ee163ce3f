import { defineExperiment, definePlugin, fromScratch, linear, modelAveraging, pathSwitching } from 'branchline';

/** A custom strategy: path switching with branches that get shorter with every version. */
const shrinkingBranches = definePlugin({
  name: 'shrinking-branches',
  // Called once per version. Releases the end of a branch.
  onVersion: () => ({ forks: ['branch'], release: { path: 'branch' } }),
  // Called once per branch. Sets its length and its learning-rate schedule.
  onFork: {
    branch: ({ version, spec }) => ({
      steps: Math.round((0.6 * spec.steps) / version.index),
      lr: { schedule: linear() },
    }),
  },
});

export default defineExperiment({
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    'from scratch': [fromScratch()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    shrinking: [shrinkingBranches()],
    'shrinking + averaging': [shrinkingBranches(), modelAveraging({ last: 3, every: 3 })],
  },
});
