export { type AdoptedWeights, type AdoptionOptions, adoptWeights, openAdopted } from './checkpoint/adopt.js';
export {
  type CheckpointWishes,
  type FoundSpec,
  type HuggingFaceConfig,
  type OtherModel,
  specOfHuggingFace,
} from './checkpoint/config.js';
export { CheckpointError, type CheckpointFolder, openCheckpoint, type StoredArray } from './checkpoint/open.js';
export { type Coordinate, type Coordinates, coordinatesOf } from './coordinates.js';
export { describeModel, flopsPerToken } from './cost.js';
export { type Experts, expertsSchema } from './experts.js';
export { huggingFaceConfig } from './hugging-face.js';
export { type Factors, factorsOf, optimizerSchema } from './optimizer.js';
export {
  activeCount,
  classesOf,
  fillInitial,
  initialize,
  nonEmbeddingCount,
  PARAMETER_CLASSES,
  type Parameter,
  type ParameterClass,
  type ParameterKind,
  type ParameterPart,
  parameterClass,
  parameterCount,
  parameterTable,
  sizeOf,
} from './parameters.js';
export {
  type Activations,
  type ReferenceModel,
  referenceActivations,
  referenceBalance,
  referenceDivergence,
  referenceLogits,
  referenceNll,
  type Weights,
} from './reference.js';
export { type RopeTable, ropeTable } from './rope.js';
export {
  headSize,
  type InitialStds,
  initialStd,
  type ModelOptions,
  type ModelSpec,
  type Multipliers,
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
