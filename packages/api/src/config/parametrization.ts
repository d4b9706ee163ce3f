/** Checks multipliers of the model and factors of the optimizer against what trains them. */
import type { OptimizerSpec, Problem, TrainerDefinition } from '@branchline/core';
import {
  classesOf,
  isTransformers,
  type ModelOptions,
  type ParameterClass,
  type TransformersSpec,
  typeOf,
  withVocabulary,
} from '@branchline/model';

const GROUPS = 'training.optimizer.groups';

/** What keeps an experiment from being trained with its multipliers and factors. Undefined: reported elsewhere. */
export function parametrizationProblems(
  model: ModelOptions | TransformersSpec | undefined,
  groups: OptimizerSpec['groups'],
  trainer: TrainerDefinition | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (model !== undefined && groups !== undefined) problems.push(...classProblems(model, groups));
  if (trainer !== undefined && trainer.parametrized !== true) {
    const remedy = 'Set trainer: tfjs or trainer: torch, or leave it out.';
    const message = `the ${trainer.name} trainer does not apply it`;
    const has = { 'model.multipliers': multipliersOf(model), [GROUPS]: groups };
    for (const [configPath, value] of Object.entries(has)) {
      if (value !== undefined) problems.push({ configPath, message, remedy });
    }
  }
  return problems;
}

const multipliersOf = (model: ModelOptions | TransformersSpec | undefined) =>
  model === undefined || isTransformers(model) ? undefined : model.multipliers;

function classProblems(
  model: ModelOptions | TransformersSpec,
  groups: NonNullable<OptimizerSpec['groups']>,
): readonly Problem[] {
  if (isTransformers(model)) {
    const message = `classes of parameters are those of the decoder, and the model is a ${typeOf(model)}`;
    return [{ configPath: GROUPS, message, remedy: 'Leave it out.' }];
  }
  const classes = classesOf(withVocabulary(model, 1));
  return Object.keys(groups)
    .filter((name) => !classes.has(name as ParameterClass))
    .map((name) => ({
      configPath: `${GROUPS}.${name}`,
      message: `the model has no such parameters; it has ${[...classes].join(', ')}`,
      remedy: name === 'output' ? 'Leave it out, or set model.tieEmbeddings to false.' : 'Leave it out.',
    }));
}
