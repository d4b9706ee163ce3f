import { readFileSync, writeFileSync } from 'node:fs';
import { withKernelTable } from './kernel-table.js';

// Writes the table of covered kernels into the README. With --check: fails if the table is out of date.
const readme = new URL('../README.md', import.meta.url);
const before = readFileSync(readme, 'utf8');
const after = withKernelTable(before);
if (!process.argv.includes('--check')) writeFileSync(readme, after);
else if (before !== after) {
  console.error('README.md: the table of kernels is stale; run `npm run kernels` in packages/tfjs-jit');
  process.exitCode = 1;
}
