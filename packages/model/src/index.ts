export { type AdoptedWeights, type AdoptionOptions, adoptWeights, openAdopted } from './checkpoint/adopt.js';
export { type FoundSpec, type HuggingFaceConfig, type OtherModel, specOfHuggingFace } from './checkpoint/config.js';
export { CheckpointError, type CheckpointFolder, openCheckpoint, type StoredArray } from './checkpoint/open.js';
export { describeModel, flopsPerToken } from './cost.js';
export { huggingFaceConfig } from './hugging-face.js';
export { optimizerSchema } from './optimizer.js';
export {
  fillInitial,
  initialize,
  nonEmbeddingCount,
  type Parameter,
  type ParameterKind,
  parameterCount,
  parameterTable,
  sizeOf,
} from './parameters.js';
export { referenceLogits, referenceNll, type Weights } from './reference.js';
export { type RopeTable, ropeTable } from './rope.js';
export {
  headSize,
  type ModelOptions,
  type ModelSpec,
  modelOptionsSchema,
  modelSchema,
  withVocabulary,
} from './spec.js';
export {
  type ArrayShape,
  isTransformers,
  type LanguageModelSpec,
  parseDecoder,
  parseSpec,
  storedArrays,
  type TransformersSpec,
  transformersFlopsPerToken,
  transformersSchema,
  typeOf,
} from './transformers.js';
