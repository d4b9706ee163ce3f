import { registerGradients } from './gradients/index.js';

export { DeviceArray, DeviceFunction, type DeviceOptions, type GpuProvider } from './device-function.js';
export { Compiled, type HostArray, type Jitted, jit, traceModel } from './jit.js';
export { causalAttention } from './ops/attention.js';
export { crossEntropy } from './ops/cross-entropy.js';
export { divergence } from './ops/divergence.js';
export { embedding } from './ops/embedding.js';
export { rmsNorm } from './ops/rms-norm.js';
export { rotary } from './ops/rotary.js';
export { swiGlu } from './ops/swiglu.js';
export { hasCudaLibraries, type OnnxRuntimeProvider, onnxRuntimeProviders } from './providers.js';
export { type ArraySpec, type Model, onnxRuntimeVersion, type SessionOptions } from './session.js';
export type { TensorFunction } from './trace.js';

registerGradients();
