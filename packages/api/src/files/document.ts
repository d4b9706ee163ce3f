/** YAML and JSON files, read as data only: no tag creates an object, and nothing in them is run or imported. */
import { extname } from 'node:path';
import { BranchlineError, messageOf, type Problem } from '@branchline/core';
import { isMap, isScalar, Lexer, LineCounter, Parser, parseDocument, stringify } from 'yaml';

/** Limit on nesting. Real files use about ten levels. */
const DEEPEST = 200;

/**
 * Parses a document without checking its content. JSON is parsed as YAML, so its errors have lines too. Throws one
 * BranchlineError (`config`) with all errors. `what` the document should hold is for messages.
 */
export function parseConfigDocument(path: string, text: string, what = 'experiment'): unknown {
  refuseDepth(path, text);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    // Compared as object keys, where 1 and "1" are the same.
    uniqueKeys: (a, b) => a === b || (isScalar(a) && isScalar(b) && String(a.value) === String(b.value)),
  });
  // Warnings are about tags or directives without effect. They are errors here, so that nothing is silently ignored.
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) {
    const problems = wrong.map(({ code, message, pos }): Problem => {
      const { line, col } = lines.linePos(pos[0]);
      return { message: `${path}:${line}:${col}: ${reworded(code, message, text.slice(pos[0]))}` };
    });
    throw new BranchlineError('config', problems);
  }
  if (!isMap(document.contents)) {
    const remedy = what === 'experiment' ? 'Write at least model, data and strategies.' : undefined;
    throw new BranchlineError('config', { message: `${path} holds no ${what}`, ...(remedy && { remedy }) });
  }
  try {
    return document.toJS();
  } catch (cause) {
    // Aliases: to a missing anchor, or so many that they would exhaust memory.
    const problem = { message: `${path}: ${messageOf(cause)}`, remedy: 'Write the values out, without aliases.' };
    throw new BranchlineError('config', problem, { cause });
  }
}

/** Later stages recurse and would overflow the stack; the lexer and the parser do not. */
function refuseDepth(path: string, text: string): void {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length <= DEEPEST) continue;
    const { line, col } = lines.linePos(parser.offset);
    const remedy = 'About ten lists and objects inside each other are enough.';
    throw new BranchlineError('config', { message: `${path}:${line}:${col}: is nested too deeply`, remedy });
  }
}

/** Rewords parser messages that are technical or do not say what was found. */
function reworded(code: string, message: string, text: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a file has one';
  if (code === 'TAG_RESOLVE_FAILED') return `${/^\S+/.exec(text)?.[0]} is a tag, and a file of data has none`;
  if (code !== 'DUPLICATE_KEY') return message;
  const key = /^("[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(text)?.[0].trim();
  return `${key} is a duplicate key`;
}

/** A JSON or YAML file, by its ending, with an object. In YAML, comments stand above it. */
export function formatConfigDocument(file: string, value: object, comments: readonly string[]): string {
  if (extname(file).toLowerCase() === '.json') return `${JSON.stringify(value, null, 2)}\n`;
  return `${comments.map((line) => `# ${line}\n`).join('')}${stringify(value, { aliasDuplicateObjects: false })}`;
}
