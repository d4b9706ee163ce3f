export { type OnnxRuntimeProvider, onnxRuntimeProviders } from '@branchline/tfjs-jit';
export { automaticEngine, type EngineAttempt, tryEngines } from './candidates.js';
export { tfjs } from './define.js';
export type { BackendName } from './eager-engine.js';
export type { Engine } from './engine.js';
export {
  type BackendRecord,
  backendsFolder,
  ENTRY_FILE,
  type InstalledBackend,
  installedBackends,
  PLATFORM,
  RECORD_FILE,
  TENSORFLOW_LIBRARIES,
  TFJS_VERSION,
} from './installed-backend.js';
export { hasNvidiaDriver, type NativeBackend, tryBackend } from './native-backend.js';
export { type TfjsTrainerOptions, tfjsTrainerOptions } from './options.js';
export { instructionSet, processorName } from './processor.js';
export type { TfjsState } from './state.js';
export { TfjsTrainer } from './trainer.js';
