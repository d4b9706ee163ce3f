import { describe, it } from 'vitest';
import { bigram, bigramModel, data, reference } from '../test/bigram.js';
import { createTrainerTester, syntheticData, ToyTrainer, toyModel } from './index.js';

createTrainerTester(
  { name: 'toy', create: async () => new ToyTrainer() },
  { model: toyModel(syntheticData()), objectives: ['distil'] },
).register({ describe, it });

createTrainerTester(bigram(), { model: bigramModel, data, reference, tolerance: 1e-5 }).register({ describe, it });
