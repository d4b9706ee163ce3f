/**
 * Files in YAML and JSON that a person wrote: data and nothing else. No tag makes an object, and nothing in them is run
 * or imported.
 */
import { BranchlineError, messageOf, type Problem } from '@branchline/core';
import { isMap, isScalar, Lexer, LineCounter, Parser, parseDocument } from 'yaml';

/** Lists and objects inside each other; nobody writes more than about ten. */
const DEEPEST = 200;

/**
 * What a document says, unchecked. JSON is YAML too, and so its mistakes are told with their lines as well. Throws a
 * BranchlineError (`config`) with all of them. `what` it should hold is for messages.
 */
export function parseConfigDocument(path: string, text: string, what = 'experiment'): unknown {
  refuseDepth(path, text);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    // As they will be in an object, where 1 and "1" are one key.
    uniqueKeys: (a, b) => a === b || (isScalar(a) && isScalar(b) && String(a.value) === String(b.value)),
  });
  // A warning is about a tag or a directive that would have no effect; nothing is ignored in silence.
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) {
    const problems = wrong.map(({ code, message, pos }): Problem => {
      const { line, col } = lines.linePos(pos[0]);
      return { message: `${path}:${line}:${col}: ${inOurWords(code, message, text.slice(pos[0]))}` };
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
    // Aliases: of an anchor that is not there, or so many that they would fill the memory.
    const problem = { message: `${path}: ${messageOf(cause)}`, remedy: 'Write the values out, without aliases.' };
    throw new BranchlineError('config', problem, { cause });
  }
}

/** What comes later recurses, and would use up the stack; the lexer and the parser do not. */
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

/** Where the parser's message is for programmers, or does not say what it found. */
function inOurWords(code: string, message: string, text: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a file has one';
  if (code === 'TAG_RESOLVE_FAILED') return `${/^\S+/.exec(text)?.[0]} is a tag, and a file of data has none`;
  if (code !== 'DUPLICATE_KEY') return message;
  const key = /^("[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(text)?.[0].trim();
  return `${key} stands here a second time`;
}
