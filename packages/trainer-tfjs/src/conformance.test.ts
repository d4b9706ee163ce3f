import { createTrainerTester } from '@branchline/testing';
// The probe of the kit calls TensorFlow.js, which needs a backend even if it does not use it.
import '@tensorflow/tfjs-backend-cpu';
import { describe, inject, it } from 'vitest';
import { kitInput } from '../test/kit.js';
import type { TfjsTrainerOptions } from './options.js';

const engines: readonly TfjsTrainerOptions[] = [
  { engine: 'jit', threads: 1 },
  { engine: 'jit', threads: 2 },
  { engine: 'eager', backend: 'cpu' },
  { engine: 'eager', backend: 'wasm' },
];

// The others take longer; engines.test.ts compares all engines with each other.
for (const options of inject('full') ? engines : engines.slice(1, 2)) {
  createTrainerTester(...kitInput(`tfjs ${Object.values(options).join(', ')}`, options)).register({ describe, it });
}
