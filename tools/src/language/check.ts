import { PHRASES } from './phrases.js';
import { type Prose, proseOfCode, proseOfMarkdown } from './prose.js';

/** Maximum width of a line of prose. */
export const WIDTH = 120;

/** A line to rewrite. */
export interface Finding {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly kind: 'phrase' | 'width';
  readonly message: string;
}

/** Files that are generated, or not written by us. */
const EXCEPTED = [
  /^docs\/reproductions\//,
  /^docs\/plugin-api\.md$/,
  /^docs\/reference\/program\.md$/,
  /\.api\.md$/,
  /^tools\/src\/language\//,
];

/** Whether the prose of a file is checked. The path is relative to the repository. */
export const isChecked = (path: string): boolean =>
  /\.(md|ts|js|mjs)$/.test(path) && !EXCEPTED.some((pattern) => pattern.test(path));

/** Findings in a file, by line. */
export function check(path: string, text: string): readonly Finding[] {
  const prose = path.endsWith('.md') ? proseOfMarkdown(text) : proseOfCode(text, path);
  return [...phrasesIn(prose), ...longLinesIn(prose)].sort((a, b) => a.line - b.line);
}

const PATTERNS = Object.entries(PHRASES).map(([phrase, plain]) => ({
  pattern: new RegExp(String.raw`(?<![\w-])${phrase.replaceAll(' ', String.raw`\s+`)}(?![\w-])`, 'gi'),
  plain,
}));

function phrasesIn({ words }: Prose): Finding[] {
  // A phrase may continue on the next line.
  const text = words.join('\n');
  return PATTERNS.flatMap(({ pattern, plain }) =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => {
      const line = text.slice(0, index).split('\n').length;
      return { line, kind: 'phrase', message: `"${found.replace(/\s+/g, ' ')}": write ${plain}` };
    }),
  );
}

function longLinesIn({ columns }: Prose): Finding[] {
  return columns.flatMap((count, index) =>
    count > WIDTH ? { line: index + 1, kind: 'width', message: `${count} columns, at most ${WIDTH}` } : [],
  );
}
