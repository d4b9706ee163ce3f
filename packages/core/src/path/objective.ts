/** Makes and compares what steps optimise. */
import { digestJson, type JsonValue } from '../json.js';
import type { ModelDescription } from '../trainer/trainer.js';
import type { Objective, Teacher } from './path.js';

/** The parts of an objective that `objectiveOf` completes. */
export type ObjectiveParts = Pick<Objective, 'distil' | 'prefix'>;

/** An objective from its parts; undefined if it has none. */
export function objectiveOf(parts: ObjectiveParts, model: ModelDescription): Objective | undefined {
  const { distil, prefix } = parts;
  if (distil === undefined && prefix === undefined) return undefined;
  const content: JsonValue = {
    ...(distil && { distil: { teacher: distil.teacher.key, weight: distil.weight, temperature: distil.temperature } }),
    ...(prefix !== undefined && { prefix }),
  };
  const more = distil === undefined ? 0 : forwardFlops(distil.teacher, model);
  return { id: digestJson(content), flopsPerToken: model.flopsPerToken + more, ...parts };
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
