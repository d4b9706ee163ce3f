export { torch } from './define.js';
export {
  environmentFolder,
  findEnvironment,
  pythonIn,
  RECORD_FILE,
  type TorchEnvironment,
  type TorchRecord,
} from './environment.js';
export { type TorchTrainerOptions, torchTrainerOptions } from './options.js';
export type { TorchState } from './state.js';
export { TorchTrainer } from './trainer.js';
export { TRANSFORMERS, WORKER_FOLDER, type WorkerEngine } from './worker/engine.js';
export { type Hello, tryWorker } from './worker/start.js';
