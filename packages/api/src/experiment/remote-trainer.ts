import { BranchlineError, type Trainer } from '@branchline/core';
import type { TrainerFile } from './job-file.js';

/** The trainer of the nodes of a cluster, as far as this machine needs it: it describes itself and does no work. */
export function remoteTrainer({ info, scores }: Pick<TrainerFile, 'info' | 'scores'>): Trainer {
  const elsewhere = () => {
    const message = `${info.name} works in jobs of the cluster, and was asked here`;
    throw new BranchlineError('trainer', { message });
  };
  return {
    warmUpSteps: 0,
    describe: () => info,
    initialize: async () => elsewhere(),
    restore: async () => elsewhere(),
    train: elsewhere,
    evaluate: async () => elsewhere(),
    combine: async () => elsewhere(),
    save: async () => elsewhere(),
    dispose: async () => undefined,
    ...(scores && { score: async () => elsewhere() }),
  };
}
