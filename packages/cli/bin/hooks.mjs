/**
 * Module hooks. They load TypeScript, resolve workspace packages to their sources, and give every experiment file, in
 * any folder, this installation of `branchline`: a second copy of the kernel would not recognize the plugins of the
 * first.
 */
import { createResolve, load as transpile } from '@oxc-node/core';

const TYPESCRIPT = /\.m?ts$/;
const RELATIVE = /^\.{0,2}\//;
let source = false;

/** Called by `register`; `options.source` says whether workspace packages run from source. */
export async function initialize(options) {
  source = options.source;
  // The transpiler reads its configuration on first use, so it is called once here, for a known specifier. It also
  // keeps these conditions for the whole process: worker threads, which have their own hooks, resolve workspace
  // packages with them.
  const conditions = [...(source ? ['@branchline/source'] : []), 'node', 'import'];
  const context = { conditions, importAttributes: {}, parentURL: import.meta.url };
  await createResolve({}, './hooks.mjs', context, () => ({ url: import.meta.url }));
}

export async function resolve(specifier, context, nextResolve) {
  if (specifier === 'branchline') {
    return nextResolve(new URL(source ? '../src/index.ts' : '../dist/index.js', import.meta.url).href, context);
  }
  // Helpers that the transpiler adds to its output; an experiment file's own folder does not have them.
  if (specifier.startsWith('@oxc-node/core/'))
    return nextResolve(specifier, { ...context, parentURL: import.meta.url });

  const conditions = source ? ['@branchline/source', ...context.conditions] : context.conditions;
  const asked = { ...context, conditions };
  const fromTypeScript = context.parentURL !== undefined && TYPESCRIPT.test(context.parentURL);
  if (fromTypeScript && RELATIVE.test(specifier)) {
    // In TypeScript, './x.js' refers to './x.ts'.
    for (const candidate of [specifier.replace(/js$/, 'ts'), `${specifier}.ts`]) {
      if (!TYPESCRIPT.test(candidate)) continue;
      try {
        return await nextResolve(candidate, asked);
      } catch (error) {
        if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      }
    }
  }
  return nextResolve(specifier, asked);
}

export async function load(url, context, nextLoad) {
  if (!TYPESCRIPT.test(url)) return nextLoad(url, context);
  return transpile(url, { ...context, format: 'module' }, nextLoad);
}
