import { registerCrossEntropy } from '../ops/cross-entropy.js';
import { registerRmsNorm } from '../ops/rms-norm.js';
import { registerRotary } from '../ops/rotary.js';
import { refuseOthers } from '../recorder.js';
import { registerActivations } from './activations.js';
import { registerArithmetic } from './arithmetic.js';
import { registerArrange } from './arrange.js';
import { registerConvolution } from './convolution.js';
import { registerEinsum } from './einsum.js';
import { registerElementwise } from './elementwise.js';
import { registerFused } from './fused.js';
import { registerIndexing } from './indexing.js';
import { registerMatmul } from './matmul.js';
import { registerNormalize } from './normalize.js';
import { registerPool } from './pool.js';
import { registerReduce } from './reduce.js';
import { registerResize } from './resize.js';
import { registerShape } from './shape.js';

let registered = false;

/** Registers every kernel of the recording backend, once per process. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  registerElementwise();
  registerArithmetic();
  registerActivations();
  registerShape();
  registerArrange();
  registerReduce();
  registerMatmul();
  registerFused();
  registerEinsum();
  registerIndexing();
  registerConvolution();
  registerPool();
  registerNormalize();
  registerResize();
  registerRmsNorm();
  registerRotary();
  registerCrossEntropy();
  refuseOthers();
}
