/** Settings as MLflow's parameters: flat names, short texts. */
import type { JsonValue } from '@branchline/core';
import type { KeyValue } from './client.js';

/** Longest value that all versions of MLflow store. */
const LONGEST = 500;
/** Most parameters of one request. */
const MOST = 100;

/** `{ lr: { peak: 1 } }` as `lr.peak`. Lists are one parameter. */
export function parametersOf(settings: Readonly<Record<string, JsonValue>>): readonly KeyValue[] {
  return flat('', settings).slice(0, MOST);
}

function flat(prefix: string, value: JsonValue): readonly KeyValue[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, inner]) => flat(prefix === '' ? key : `${prefix}.${key}`, inner));
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // MLflow allows these characters in names.
  return [{ key: prefix.replace(/[^\w\-. :/]/g, '_').slice(0, 250), value: text.slice(0, LONGEST) }];
}
