/** A model as the worker is given it. */
import type { OptimizerSpec } from '@branchline/core';
import {
  type Factors,
  factorsOf,
  huggingFaceConfig,
  isTransformers,
  type LanguageModelSpec,
  parameterTable,
  storedArrays,
  typeOf,
} from '@branchline/model';
import { TorchError } from './worker/errors.js';
import type { OpenRequest } from './worker/session.js';

/** The config of transformers, names and shapes of the stored arrays in their order, and the experts of a decoder. */
export function messageModel(spec: LanguageModelSpec): OpenRequest['model'] {
  return {
    config: isTransformers(spec) ? spec.config : huggingFaceConfig(spec),
    parameters: storedArrays(spec).map(({ name, shape }) => ({ name, shape })),
    ...(!isTransformers(spec) && spec.experts !== undefined && { experts: spec.experts }),
  };
}

/** The optimizer, with factors by parameter. Throws for factors of another model than the decoder. */
export function messageOptimizer(spec: LanguageModelSpec, { groups, ...optimizer }: OptimizerSpec): object {
  if (groups === undefined) return optimizer;
  if (isTransformers(spec)) {
    const remedy = 'Leave out training.optimizer.groups.';
    throw new TorchError('input', `classes of parameters are those of the decoder, not of a ${typeOf(spec)}`, remedy);
  }
  const byFactors = new Map<string, { readonly parameters: string[] } & Factors>();
  for (const parameter of parameterTable(spec)) {
    const factors = factorsOf(parameter, groups);
    const key = JSON.stringify([factors.rate, factors.weightDecay, factors.epsilon]);
    const group = byFactors.get(key) ?? { parameters: [], ...factors };
    group.parameters.push(parameter.name);
    byFactors.set(key, group);
  }
  return { ...optimizer, groups: [...byFactors.values()] };
}
