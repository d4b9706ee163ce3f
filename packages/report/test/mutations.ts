/** Random mutations of JSON. */
import fc from 'fast-check';

/** Unexpected values. */
const odd = fc.oneof(
  // Valid type, wrong meaning: another node, version or size.
  { weight: 5, arbitrary: fc.nat(8) },
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    0.5,
    1e308,
    2 ** 53,
    '',
    '__proto__',
    '../../../etc/passwd',
    '/etc/passwd',
  ),
  fc.constantFrom<unknown>([], {}, [[]], { toString: 1, valueOf: 1 }, { length: { toString: 1, valueOf: 1 } }),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
);

/** One to three changes at random places: a value is removed, replaced or added. */
export const mutations = fc.array(
  fc.record({
    place: fc.nat(),
    kind: fc.constantFrom('delete', 'replace', 'replace', 'add'),
    key: fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '0'), fc.string()),
    value: odd,
  }),
  { minLength: 1, maxLength: 3 },
);

type Mutation = typeof mutations extends fc.Arbitrary<infer T> ? T : never;

/** A copy of a JSON value with the changes made. */
export function mutate(value: unknown, changes: Mutation): unknown {
  const copy = { root: structuredClone(value) };
  for (const { place, kind, key, value: other } of changes) {
    const all = placesIn(copy);
    if (all.length === 0) break;
    const [holder, name] = all[place % all.length]!;
    const added = Array.isArray(holder) ? holder.length : key;
    if (kind === 'delete') delete (holder as Record<string, unknown>)[name];
    else
      Object.defineProperty(holder, kind === 'replace' ? name : added, {
        value: structuredClone(other),
        ...{ configurable: true, enumerable: true, writable: true },
      });
  }
  return copy.root;
}

function placesIn(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value, key], ...placesIn(inner)]);
}
