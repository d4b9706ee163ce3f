/** Type-checks blocks of TypeScript in documents, all in one program. */
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../site/pages.ts';
import type { Block } from './blocks.ts';

/** What the keys at the beginning of a fragment belong to. */
const EXPERIMENT = "Partial<Parameters<typeof import('branchline').defineExperiment>[0]>";
const OF_DATA = new Set(['sources', 'versions', 'score', 'evaluation']);
const OF_PLUGINS = new Set(['onVersion', 'onFork']);

/**
 * The program that a block stands for: its hidden lines, its imports, and the rest. A fragment, which begins with a key
 * such as `data:`, becomes an object of the type that has this key, in a file that imports what it calls: `exported`
 * are the names that `branchline` exports.
 */
export function programOf({ content, before }: Block, exported: readonly string[] = []): string {
  const lines = content.split('\n');
  const body = lines.findIndex((line) => line !== '' && !line.startsWith('import '));
  const imports = lines.slice(0, body);
  const rest = lines.slice(body).join('\n');
  const [, key] = /^(?:\s*\/\/[^\n]*\n)*(\w+)(?::|\(.*\{$)/m.exec(rest) ?? [];
  const isFragment = key !== undefined && new RegExp(`^(\\s*//[^\\n]*\\n)*${key}: `).test(rest);
  const program = isFragment ? fragment(key, rest) : rest;
  const head = [before, ...imports].join('\n');
  const called = exported.filter((name) => new RegExp(`\\b${name}\\(`).test(rest) && !head.includes(name));
  const more = isFragment && called.length > 0 ? `import { ${called.join(', ')} } from 'branchline';` : '';
  return [head, more, program, 'export {};', ''].join('\n');
}

function fragment(key: string, text: string): string {
  if (OF_PLUGINS.has(key)) {
    const plugin = `{ name: 'fragment', reactive: true,\n${text}\n}`;
    return `import { definePlugin } from 'branchline';\nexport const fragment = definePlugin(${plugin});`;
  }
  if (OF_DATA.has(key)) {
    const data = `NonNullable<${EXPERIMENT}['data']>`;
    return `export const fragment: Partial<${data}> = {\n${text}\n};`;
  }
  return `export const fragment: ${EXPERIMENT} = {\n${text}\n};`;
}

/** What the compiler says, each with the place of its block. */
export function typeProblems(blocks: readonly Block[], exported: readonly string[]): readonly string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const all = { ...options, noEmit: true, allowImportingTsExtensions: true };
  const programs = new Map(
    blocks.map((block, index) => [join(ROOT, `block-${index}.ts`), { block, text: programOf(block, exported) }]),
  );
  const disk = ts.createCompilerHost(all);
  const host: ts.CompilerHost = {
    ...disk,
    getCurrentDirectory: () => ROOT,
    fileExists: (path) => programs.has(path) || disk.fileExists(path),
    readFile: (path) => programs.get(path)?.text ?? disk.readFile(path),
    getSourceFile: (path, ...others) => {
      const own = programs.get(path);
      return own ? ts.createSourceFile(path, own.text, others[0]) : disk.getSourceFile(path, ...others);
    },
  };
  const program = ts.createProgram([...programs.keys()], all, host);
  return [...programs].flatMap(([path, { block, text }]) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((problem) => {
      const line = text.slice(0, problem.start).split('\n').length;
      const message = ts.flattenDiagnosticMessageText(problem.messageText, '\n');
      return `${block.place}: ${message}\n    ${text.split('\n')[line - 1]!.trim()}`;
    });
  });
}
