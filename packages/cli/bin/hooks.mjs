/**
 * Module hooks. They load TypeScript, resolve workspace packages to their sources, and give every experiment file, in
 * any folder, this installation of `branchline`: a second copy of the kernel would not recognize the plugins of the
 * first.
 */
import { Buffer } from 'node:buffer';
import { createResolve, load as transpile } from '@oxc-node/core';

const TYPESCRIPT = /\.m?ts$/;
/**
 * Names such as `d.config.ts` and `x.d.ts`: the transpiler takes them for type declarations, and returns no code.
 * A module that is loaded to run is none, whatever its name.
 */
const DECLARATION = /[/.]d\.([^./]*\.)?m?ts$/;
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
  const asModule = { ...context, format: 'module' };
  if (!DECLARATION.test(url)) return transpile(url, asModule, nextLoad);
  const result = await transpile(url.replace(/[^/]*$/, 'module.mts'), asModule, () => nextLoad(url, asModule));
  return { ...result, source: withSourceOf(Buffer.from(result.source).toString(), url) };
}

/** Puts a file's own name into the source map of its transpiled text, so that errors name the file. */
function withSourceOf(text, url) {
  return text.replace(/(sourceMappingURL=data:[^,]*base64,)([A-Za-z0-9+/=]+)\s*$/, (_, before, encoded) => {
    const map = JSON.parse(Buffer.from(encoded, 'base64').toString());
    const named = JSON.stringify({ ...map, sources: [url] });
    return before + Buffer.from(named).toString('base64');
  });
}
