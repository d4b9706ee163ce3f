import { registerActivations } from './kernels/activations.js';
import { registerArithmetic } from './kernels/arithmetic.js';
import { registerArrange } from './kernels/arrange.js';
import { registerConvolution } from './kernels/convolution.js';
import { registerEinsum } from './kernels/einsum.js';
import { registerElementwise } from './kernels/elementwise.js';
import { registerFused } from './kernels/fused.js';
import { registerIndexing } from './kernels/indexing.js';
import { registerMatmul } from './kernels/matmul.js';
import { registerNormalize } from './kernels/normalize.js';
import { registerPool } from './kernels/pool.js';
import { registerReduce } from './kernels/reduce.js';
import { registerResize } from './kernels/resize.js';
import { registerShape } from './kernels/shape.js';
import { registerCrossEntropy } from './ops/cross-entropy.js';
import { registerRmsNorm } from './ops/rms-norm.js';
import { registerRotary } from './ops/rotary.js';
import { refuseOthers } from './recorder.js';

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
