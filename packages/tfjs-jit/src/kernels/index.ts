import { registerCrossEntropy } from '../ops/cross-entropy.js';
import { registerRmsNorm } from '../ops/rms-norm.js';
import { registerRotary } from '../ops/rotary.js';
import { registerElementwise } from './elementwise.js';
import { registerIndexing } from './indexing.js';
import { registerMatmul } from './matmul.js';
import { registerReduce } from './reduce.js';
import { registerShape } from './shape.js';

let registered = false;

/** Registers every kernel of the recording backend, once per process. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  registerElementwise();
  registerShape();
  registerReduce();
  registerMatmul();
  registerIndexing();
  registerRmsNorm();
  registerRotary();
  registerCrossEntropy();
}
