import type { Owned, Owner } from '../plugin/merge.js';
import type { Fields } from '../spec/field-table.js';

const KERNEL: Owner = { kind: 'default', name: 'kernel' };

/** A spec with the owner of every field. */
export interface Settled<Spec> {
  readonly spec: Spec;
  /** By dotted name, for `plan --explain`. */
  readonly fields: ReadonlyMap<string, Owned>;
}

/**
 * Completes a spec: fields that plugins and the user set, and defaults, owned by the kernel, for the others.
 * `knownWith` returns the input of the defaults; it gets the spec with the fields settled so far, in table order.
 */
export function settle<Spec, Known>(
  table: Fields<Known>,
  set: ReadonlyMap<string, Owned>,
  knownWith: (spec: Spec) => NoInfer<Known>,
): Settled<Spec> {
  const spec: Record<string, unknown> = {};
  const known = knownWith(spec as Spec);
  const fields = new Map<string, Owned>();
  for (const { name, defaultOf } of table.list) {
    const owned = set.get(name) ?? { value: defaultOf(known), owner: KERNEL };
    fields.set(name, owned);
    const dot = name.indexOf('.');
    if (dot < 0) spec[name] = owned.value;
    else {
      const group = (spec[name.slice(0, dot)] ??= {}) as Record<string, unknown>;
      group[name.slice(dot + 1)] = owned.value;
    }
  }
  return { spec: spec as Spec, fields };
}
