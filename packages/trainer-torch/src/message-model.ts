/** A model as the worker is given it. */
import { huggingFaceConfig, isTransformers, type LanguageModelSpec, storedArrays } from '@branchline/model';
import type { OpenRequest } from './worker/session.js';

/** The config of transformers, and the names and shapes of the stored arrays in their order. */
export function messageModel(spec: LanguageModelSpec): OpenRequest['model'] {
  return {
    config: isTransformers(spec) ? spec.config : huggingFaceConfig(spec),
    parameters: storedArrays(spec).map(({ name, shape }) => ({ name, shape })),
  };
}
