/** Loggers of runs, and what feeds them. */
export { csv } from './lines/csv.js';
export { jsonl } from './lines/jsonl.js';
export { mlflow } from './mlflow/mlflow.js';
export { type OpenableLogger, RunLog, type RunLogInput } from './run/run-log.js';
export { type Place, type PlannedTrack, TrackBook } from './run/track-book.js';
export { tensorboard } from './tensorboard/tensorboard.js';
export { wandb } from './wandb/wandb.js';
