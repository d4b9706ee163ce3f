/** Reads an experiment file; what is wrong with the file itself is told with its line, and never as a stack trace. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BranchlineError, didYouMean, messageOf, type Problem } from '@branchline/core';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { locateSyntaxError } from './syntax.js';

/** What an experiment file says, unchecked. */
export interface LoadedConfig {
  readonly config: unknown;
  readonly baseDirectory: string;
  /** The file's name without `.config.ts` and the like. */
  readonly defaultName: string;
}

const MODULES = new Set(['.ts', '.mts', '.js', '.mjs']);
const DOCUMENTS = new Set(['.json', '.yaml', '.yml']);

/** Loads a file in TypeScript, JavaScript, JSON or YAML. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  const kind = extname(file).toLowerCase();
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const message = error.code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read: ${error.message}`;
    throw refused(message, 'Name an experiment file, for example examples/quick.config.ts.');
  });
  let config: unknown;
  if (MODULES.has(kind)) config = await loadModule(file, text);
  else if (DOCUMENTS.has(kind)) config = loadDocument(path, text);
  else throw refused(`${path} is no experiment file`, 'It must end in .ts, .mts, .js, .mjs, .json, .yaml or .yml.');
  const defaultName = basename(file, extname(file)).replace(/\.config$/, '');
  return { config, baseDirectory: dirname(file), defaultName };
}

async function loadModule(file: string, text: string): Promise<unknown> {
  const shown = relative(process.cwd(), file) || file;
  let config: unknown;
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    config = await module.default;
  } catch (cause) {
    const syntax = await locateSyntaxError(file, text);
    if (syntax !== undefined)
      throw refused(`${shown}:${syntax.line}:${syntax.column}: ${syntax.message}`, undefined, cause);
    const place = placeIn(file, cause);
    throw refused(`${shown}${place}: ${messageOf(cause)}`, await remedyFor(messageOf(cause)), cause);
  }
  if (typeof config === 'function') {
    throw refused(
      `${shown} exports a function`,
      'Export the experiment itself: export default defineExperiment({ ... }).',
    );
  }
  if (config !== undefined) return config;
  const remedy = 'Write: export default defineExperiment({ ... }).';
  throw refused(`${shown} has no default export`, remedy);
}

/** `:line:column` of the deepest place in the file that an error came through. */
function placeIn(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const names = [file, pathToFileURL(file).href];
  for (const line of stack.split('\n')) {
    for (const name of names) {
      const index = line.indexOf(`${name}:`);
      const place = index < 0 ? null : /^:\d+(:\d+)?/.exec(line.slice(index + name.length));
      if (place) return place[0];
    }
  }
  return '';
}

async function remedyFor(message: string): Promise<string | undefined> {
  const missing = /requested module 'branchline' does not provide an export named '(\w+)'/.exec(message)?.[1];
  if (missing === undefined) return undefined;
  const own = (await import('../index.js')) as Record<string, unknown>;
  return didYouMean(missing, Object.keys(own));
}

function loadDocument(path: string, text: string): unknown {
  // JSON is YAML too, and so its mistakes are told with their lines as well.
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, message, pos }): Problem => {
      const { line, col } = lines.linePos(pos[0]);
      return { message: `${path}:${line}:${col}: ${inOurWords(code, message, text.slice(pos[0]))}` };
    });
    throw new BranchlineError('config', problems);
  }
  if (!isMap(document.contents))
    throw refused(`${path} holds no experiment`, 'Write at least model, data and strategies.');
  return document.toJS();
}

/** Where the parser's message is for programmers, or does not say what it found. */
function inOurWords(code: string, message: string, text: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; an experiment file has one';
  if (code !== 'DUPLICATE_KEY') return message;
  const key = /^("[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(text)?.[0].trim();
  return `${key} stands here a second time`;
}

function refused(message: string, remedy?: string, cause?: unknown): BranchlineError {
  return new BranchlineError('config', { message, ...(remedy && { remedy }) }, { cause });
}
