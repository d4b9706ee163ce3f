/** The experiment that tests of loggers train: two strategies with a fork, two versions, on the quadratic trainer. */
import { join } from 'node:path';
import { continual, type ExperimentConfig, pathSwitching, quadratic } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

/** With its texts in a folder of its own, and the options of `bench`. */
export function loggedExperiment(log: NonNullable<ExperimentConfig['log']>) {
  const directory = folder();
  writeTexts(directory);
  const config: ExperimentConfig = {
    ...TINY,
    data: { ...TINY.data, versions: { ...TINY.data.versions, count: 2 } },
    trainer: quadratic(),
    checkpointEvery: 5,
    strategies: { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] },
    log,
  };
  return { config, options: { runs: join(directory, 'runs'), directory, name: 'tiny' } };
}
