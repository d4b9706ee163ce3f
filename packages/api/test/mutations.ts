/** Random mutations of a valid experiment. */
import fc from 'fast-check';

/** Names of Object.prototype, path traversal, invisible characters, and overlong names. */
export const ODD_NAMES: readonly string[] = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'length',
    'then',
    '',
    ' ',
    '.',
    '..',
    '../x',
    '/etc/passwd',
    'C:\\x',
    '~',
  ],
  ...[
    'a\u0000b',
    'a\nb',
    '\u001b[31mred\u001b[0m',
    '\u009b31m',
    '\u202etxt.exe',
    '\u2028',
    '\ud800',
    '\ufeff',
    '$&',
    '%s',
  ],
  ...['<script>', `"'><img src=x>`, 'x'.repeat(5000), '\u{1f469}\u200d\u{1f680}'],
];

/** Nested lists and objects. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function cyclic(): unknown {
  const value: Record<string, unknown> = { 'lr.minRatio': 1 };
  return Object.assign(value, { a: value, options: value, plugin: value, 'lr.schedule': value });
}

const throwing = () => ({
  get plugin(): never {
    throw new Error('must not be read');
  },
});

/** Unexpected values. A module can hold more than JSON can. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(1, 2, 4, 0.5, true, 'random', 'continual', 'from-scratch', '2k') },
  fc.constantFrom<unknown>(
    null,
    undefined,
    false,
    Number.NaN,
    Infinity,
    -Infinity,
    -0,
    -1,
    1e308,
    5e-324,
    2 ** 53,
    2 ** 32,
  ),
  fc.constantFrom(...ODD_NAMES),
  fc.constantFrom<unknown>([], {}, [[]], [null], { plugin: null }, { plugins: null }, { by: 'field', order: ['a'] }),
  fc.constantFrom<unknown>(
    { lockfile: 'texts' },
    { plugin: 'continual', options: [] },
    { length: { toString: 1, valueOf: 1 } },
  ),
  fc.constantFrom(100, 10_000).map(nested),
  fc.constantFrom(cyclic, throwing).map((make) => make()),
  fc.constantFrom<unknown>(Symbol('s'), 1n, () => 1, new Date(Number.NaN), new Map([[1, 2]]), /x/, Promise.resolve(1)),
  fc.constantFrom<unknown>(Object.create(null), new Float32Array(2), new Proxy([], {}), new (class Own {})()),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('/', '')),
  fc.double(),
  fc.object({
    maxDepth: 3,
    key: fc.oneof(fc.constantFrom(...ODD_NAMES, 'plugin', 'plugins', 'options', 'by'), fc.string()),
  }),
);

/** One to three mutations, each at one place: remove, replace, add a key, or duplicate. */
export const changes = fc.array(
  fc.record({
    place: fc.nat(),
    kind: fc.constantFrom('delete', 'replace', 'replace', 'add', 'double'),
    key: fc.oneof(fc.constantFrom(...ODD_NAMES), fc.string()),
    value: odd,
  }),
  { minLength: 1, maxLength: 3 },
);

type Changes = typeof changes extends fc.Arbitrary<infer T> ? T : never;

/** Applies the mutations to a copy. */
export function changed(experiment: object, list: Changes): unknown {
  const copy = structuredClone(experiment);
  const all = placesIn(copy);
  for (const { place, kind, key, value } of list) {
    const [holder, name] = all[place % all.length]!;
    const old = (holder as Record<string, unknown>)[name];
    if (kind === 'delete') delete (holder as Record<string, unknown>)[name];
    else if (Array.isArray(holder) && kind !== 'replace') holder.push(kind === 'add' ? value : old);
    else {
      const [where, what] = [kind === 'replace' ? name : key, kind === 'double' ? old : value];
      Object.defineProperty(holder, where, { value: what, configurable: true, enumerable: true, writable: true });
    }
  }
  return copy;
}

function placesIn(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value, key], ...placesIn(inner)]);
}
