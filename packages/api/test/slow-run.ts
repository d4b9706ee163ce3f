/**
 * A run in a process of its own, with steps that take a while, until it is killed. Argument: the folder of the
 * experiment, which has texts.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trainer, TrainerContext } from '@branchline/core';
import { bench, continual, defineTrainer, pathSwitching, quadratic } from '../src/index.js';
import { TINY } from './tiny.js';

const [directory] = process.argv.slice(2) as [string];

/** The quadratic trainer, but slower, and with its bits. */
const slow = defineTrainer({
  name: 'slow',
  create: async (_: undefined, context: TrainerContext): Promise<Trainer> => {
    const trainer: Trainer = await quadratic().create(context);
    const train = trainer.train.bind(trainer);
    trainer.train = async function* (...args) {
      for await (const step of train(...args)) {
        await sleep(50);
        yield step;
      }
    };
    return trainer;
  },
});

const strategies = { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] };
await bench(
  { ...TINY, trainer: slow(), checkpointEvery: 5, strategies },
  { runs: join(directory, 'runs'), directory, name: 'tiny', command: 'bench tiny' },
);
