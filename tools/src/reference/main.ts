/** `npm run docs:reference`: writes `docs/reference/`. With `--check`, fails if a page is out of date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandTree } from 'branchline/internal';
import { ROOT, read } from '../site/pages.ts';
import { type ExperimentSchema, referencePages } from './pages.ts';

const schema = JSON.parse(read('packages/api/experiment.schema.json')) as ExperimentSchema;
const pages = referencePages(schema, commandTree());
if (process.argv.includes('--check')) {
  for (const { file, content } of pages) {
    if (current(file) === content) continue;
    console.error(`${file} is out of date: npm run docs:reference`);
    process.exitCode = 1;
  }
} else {
  for (const { file, content } of pages) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), content);
    console.log(`wrote ${file}`);
  }
}

function current(file: string): string | undefined {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return undefined;
  }
}
