// Coverage by package, as measured by vitest: prints a table and fails if a package is below its minimum.
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Minimum coverage of statements and branches by `npm test`, which leaves out the long tests, in per cent. */
const FLOOR = { statements: 75, branches: 65 };
/**
 * Lower minimums: tests of the command line start processes, which are not measured; papers are run by long tests, and
 * so are ledgers exported; some engines need hardware; the torch and OLMo-core trainers need PyTorch.
 */
const FLOORS = {
  accounting: { statements: 45, branches: 32 },
  cli: { statements: 30, branches: 20 },
  reproductions: { statements: 50, branches: 40 },
  'trainer-tfjs': { statements: 50, branches: 36 },
  'trainer-olmo-core': { statements: 20, branches: 5 },
  'trainer-torch': { statements: 25, branches: 15 },
  // What speaks with a server is tested with one, by a long test.
  logging: { statements: 65, branches: 50 },
  // Most of it asks a cluster.
  slurm: { statements: 15, branches: 5 },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const summary = JSON.parse(readFileSync(`${root}node_modules/.cache/coverage/coverage-summary.json`, 'utf8'));
const packages = new Map();
for (const [path, counts] of Object.entries(summary)) {
  const [folder, name] = relative(root, path).split(sep);
  if (folder !== 'packages') continue;
  const sums = packages.get(name) ?? { statements: [0, 0], branches: [0, 0] };
  for (const kind of Object.keys(sums)) {
    sums[kind][0] += counts[kind].covered;
    sums[kind][1] += counts[kind].total;
  }
  packages.set(name, sums);
}

const below = [];
console.log('\nstatements  branches  package');
for (const [name, sums] of [...packages].sort()) {
  const shares = Object.entries(sums).map(([kind, [covered, total]]) => [kind, total ? (100 * covered) / total : 100]);
  console.log(`${shares.map(([, share]) => `${share.toFixed(1)}%`.padStart(10)).join('')}  ${name}`);
  for (const [kind, share] of shares) {
    const floor = FLOORS[name]?.[kind] ?? FLOOR[kind];
    if (share < floor) below.push(`${name}: ${share.toFixed(1)}% of ${kind}, at least ${floor}%`);
  }
}
if (packages.size === 0) below.push('no package was measured');
if (below.length > 0) console.error(`\nCoverage dropped:\n${below.join('\n')}`);
process.exitCode = below.length > 0 ? 1 : 0;
