import { parseForESLint } from '@typescript-eslint/parser';

/** The prose of a file: its text without code, and the widths of its lines. */
export interface Prose {
  /** Prose by line; '' for lines without any. */
  readonly words: readonly string[];
  /** By line: the width that is limited; 0 if there is no limit. */
  readonly columns: readonly number[];
}

/** Prose of a Markdown file: everything except fenced code, inline code, HTML and link targets. Tables may be wide. */
export function proseOfMarkdown(text: string): Prose {
  const words: string[] = [];
  const columns: number[] = [];
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    const code = fence !== undefined || mark !== undefined;
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence)) fence = undefined;
    words.push(code ? '' : wordsOf(line));
    columns.push(code || /^\s*[|<]/.test(line) ? 0 : columnsOf(line));
  }
  return { words, columns };
}

/** Tokens with words for readers: messages, test titles, names. */
const WORDED: readonly string[] = ['String', 'Template', 'Identifier'];

/** Prose of a TypeScript or JavaScript file: its comments, strings and names. Only comments have a maximum width. */
export function proseOfCode(text: string, filePath: string): Prose {
  const lines = text.split('\n');
  const words = lines.map(() => '');
  const columns = lines.map(() => 0);
  const options = { comment: true, tokens: true, loc: true, range: true, filePath };
  const { ast } = parseForESLint(text, options);
  for (const { type, value, loc } of ast.tokens ?? []) {
    if (!WORDED.includes(type)) continue;
    value.split('\n').forEach((line, index) => {
      words[loc.start.line - 1 + index] += ` ${line}`;
    });
  }
  for (const comment of ast.comments ?? []) {
    const { start, end } = comment.loc;
    const content = comment.value.split('\n').map((line) => line.replace(/^\s*\*+\s?/, ''));
    content.forEach((line, index) => {
      words[start.line - 1 + index] += ` ${wordsOf(line)}`;
    });
    for (let at = start.line - 1; at < end.line; at++) columns[at] = columnsOf(lines[at]!);
  }
  return { words, columns };
}

const URL = /https?:\/\/[^\s)>]+/g;

/** Removes inline code and URLs. */
const wordsOf = (line: string) =>
  line
    .replace(/`[^`]*`/g, '`')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(URL, '');

const columnsOf = (line: string) => line.replace(/\]\([^)]*\)/g, ']').replace(URL, '').length;
