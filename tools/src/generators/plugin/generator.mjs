// Creates a plugin in this workspace: `npx nx g @branchline/tools:plugin my-strategy`. The files are those of
// `branchline plugins new`, which is loaded from its TypeScript source like in bin/branchline.mjs, so no build is
// needed.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = new URL('../../../../packages/cli/', import.meta.url);
const sibling = new URL('../../../../packages/plugin-curriculum/package.json', import.meta.url);

/** @type {import('@nx/devkit').Generator<{ name: string, directory?: string }>} */
export default async function pluginGenerator(tree, { name, directory }) {
  const { extensionFiles, namesOf } = await load();
  const names = namesOf('plugin', `@branchline/plugin-${name}`);
  const folder = directory ?? `packages/plugin-${name}`;
  if (tree.exists(folder)) throw new Error(`${folder} is there already; name another one with --directory`);
  const place = { directory: join(tree.root, folder), workspace: tree.root };
  for (const [path, text] of extensionFiles(names, place)) {
    tree.write(join(folder, path), path === 'package.json' ? published(text, folder) : text);
  }
  return () => {
    console.log(`\nNext:
  npm install                             links the package and writes it into package-lock.json
  npx nx test ${names.packageName}
  npx branchline bench ${folder}/example.config.yaml`);
  };
}

/** A manifest with what every published package of this workspace has; `npm run lint:structure` checks it. */
function published(text, directory) {
  const { keywords, files, engines, publishConfig, repository } = JSON.parse(readFileSync(sibling, 'utf8'));
  const more = { keywords, files, engines, publishConfig, repository: { ...repository, directory } };
  return `${JSON.stringify({ ...JSON.parse(text), ...more }, null, 2)}\n`;
}

async function load() {
  delete process.env.TS_NODE_PROJECT;
  process.env.OXC_TSCONFIG_PATH = fileURLToPath(new URL('bin/tsconfig.json', cli));
  register(new URL('bin/hooks.mjs', cli), { data: { source: true } });
  const [{ extensionFiles }, { namesOf }] = await Promise.all(
    ['files', 'names'].map((part) => import(new URL(`src/extensions/new/${part}.ts`, cli).href)),
  );
  return { extensionFiles, namesOf };
}
