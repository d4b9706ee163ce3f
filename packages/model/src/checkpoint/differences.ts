import type { SafetensorsEntry } from '@branchline/core';
import { parameterTable } from '../parameters.js';
import type { ModelSpec } from '../spec.js';
import { READABLE } from './floats.js';

/** Arrays of older checkpoints that hold nothing but rotary frequencies. */
const COMPUTED = /\.rotary_emb\.inv_freq$/;

/** At most so many of a kind are named. */
const SHOWN = 3;

/**
 * How the arrays of a checkpoint differ from the parameters of a model: missing and additional ones, other shapes, and
 * types that hold no floats. The copy of tied embeddings is no difference.
 */
export function differencesFrom(spec: ModelSpec, arrays: ReadonlyMap<string, SafetensorsEntry>): readonly string[] {
  const table = parameterTable(spec);
  const known = new Set([...table.map(({ name }) => name), ...(spec.tieEmbeddings ? ['lm_head.weight'] : [])]);
  const missing = table.filter(({ name }) => !arrays.has(name)).map(({ name }) => name);
  const additional = [...arrays.keys()].filter((name) => !known.has(name) && !COMPUTED.test(name));
  const shapes = table.flatMap(({ name, shape }) => {
    const found = arrays.get(name);
    if (found === undefined || (found.shape.join() === shape.join() && READABLE.has(found.dtype))) return [];
    return [`${name}, which is ${found.dtype} [${found.shape.join(', ')}] instead of [${shape.join(', ')}]`];
  });
  return [
    ...listed('lacks', missing),
    ...listed('has arrays that the model lacks:', additional),
    ...listed('does not fit its own config.json:', shapes),
  ];
}

function listed(says: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return [`${says} ${names.slice(0, SHOWN).join(', ')}${more}`];
}
