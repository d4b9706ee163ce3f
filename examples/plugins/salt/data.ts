import type { ExperimentConfig } from 'branchline';

/** Text that the smaller model and the experiment share, so that neither has seen what both are evaluated on. */
export const data: ExperimentConfig['data'] = {
  sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '400KB' }],
  versions: { by: 'random', count: 2, tokens: 122_880 },
};
