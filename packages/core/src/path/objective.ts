/** Makes and compares what steps optimise. */
import { digestJson, type JsonValue } from '../json.js';
import type { ModelDescription } from '../trainer/trainer.js';
import type { Objective, Teacher } from './path.js';

/** The parts of an objective that `objectiveOf` completes. */
export type ObjectiveParts = Pick<Objective, 'distil'>;

/** An objective from its parts; undefined if it has none. */
export function objectiveOf(parts: ObjectiveParts, model: ModelDescription): Objective | undefined {
  const { distil } = parts;
  if (distil === undefined) return undefined;
  const { teacher, weight, temperature } = distil;
  const content: JsonValue = { distil: { teacher: teacher.key, weight, temperature } };
  return { id: digestJson(content), flopsPerToken: model.flopsPerToken + forwardFlops(teacher, model), distil };
}

/** FLOPs per token of a teacher's forward pass: a third of a training step (Kaplan et al., 2020, section 2.1). */
function forwardFlops({ of }: Teacher, own: ModelDescription): number {
  const { flopsPerToken } = 'checkpoint' in of ? of.checkpoint.model : own;
  return Math.floor(flopsPerToken / 3);
}

/** Whether two ranges optimise the same. */
export function sameObjective(a: Objective | undefined, b: Objective | undefined): boolean {
  return a?.id === b?.id;
}
