/** The conformance kit. It needs PyTorch: npx branchline backend install torch. */
import { createTrainerTester } from '@branchline/testing';
import { describe, inject, it } from 'vitest';
import { kitInput, refusal } from '../test/fixtures.js';
import type { TorchTrainerOptions } from './options.js';

const variants: readonly TorchTrainerOptions[] = [
  {},
  { stack: 3 },
  { microBatch: 1, checkpointing: true },
  { threads: 2 },
];

describe.skipIf(refusal !== undefined)('torch', { timeout: 120_000 }, () => {
  for (const options of inject('full') ? variants : variants.slice(0, 1)) {
    createTrainerTester(...kitInput(`torch ${JSON.stringify(options)}`, options)).register({ describe, it });
  }
});
