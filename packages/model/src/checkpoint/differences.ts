import type { SafetensorsEntry } from '@branchline/core';
import { parameterTable } from '../parameters.js';
import type { ModelSpec } from '../spec.js';
import type { HuggingFaceConfig } from './config.js';
import { READABLE } from './floats.js';

/** Arrays of older checkpoints that hold nothing but rotary frequencies. */
const COMPUTED = /\.rotary_emb\.inv_freq$/;

/** Masks that older checkpoints of GPT-2 and GPT-NeoX hold: every position sees those before it. */
const MASK = /\.(attn|attention)\.(bias|masked_bias)$/;

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

/**
 * The arrays of a checkpoint that are parameters, by name: without rotary frequencies, masks, and the copy of tied
 * embeddings, which `transformers` computes or ignores when it loads them.
 */
export function parametersIn(
  arrays: ReadonlyMap<string, SafetensorsEntry>,
  config: HuggingFaceConfig,
): ReadonlyMap<string, SafetensorsEntry> {
  const isTied = config.tie_word_embeddings === true;
  const isParameter = ({ name, shape }: SafetensorsEntry) =>
    !COMPUTED.test(name) &&
    !(MASK.test(name) && (shape.length === 0 || shape.length === 4)) &&
    !(isTied && name === 'lm_head.weight');
  return new Map([...arrays].filter(([, entry]) => isParameter(entry)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Arrays with types that hold no floats. */
export function unreadableIn(arrays: ReadonlyMap<string, SafetensorsEntry>): readonly string[] {
  const found = [...arrays.values()].filter(({ dtype }) => !READABLE.has(dtype));
  return listed(
    'has arrays that hold no floats:',
    found.map(({ name, dtype }) => `${name}, which is ${dtype}`),
  );
}

function listed(says: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return [`${says} ${names.slice(0, SHOWN).join(', ')}${more}`];
}
