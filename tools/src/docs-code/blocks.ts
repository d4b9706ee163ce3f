/** Code in Markdown files: fenced blocks and code spans, with their places. */
import { markdownFiles, read } from '../site/pages.ts';

/** A fenced block. */
export interface Block {
  /** `docs/data.md:24` */
  readonly place: string;
  /** `ts`; empty if the block names none. */
  readonly language: string;
  /** What follows the language: `file=src/strategy.ts`. */
  readonly info: string;
  readonly content: string;
  /** Lines that the reader does not see: a comment `<!-- before: ... -->` right above the block. */
  readonly before: string;
}

/** A code span in prose. */
export interface Span {
  readonly place: string;
  readonly content: string;
}

const GENERATED = new Set(['docs/plugin-api.md', 'docs/reference/program.md']);

/** Pages whose code is checked: what users read. The API pages are generated from sources that are checked. */
export function pagesWithCode(): readonly string[] {
  const read = /^(docs\/.*|README|CONTRIBUTING|packages\/[^/]+\/README|examples\/.*)\.md$/;
  return markdownFiles().filter((file) => read.test(file) && !GENERATED.has(file));
}

const FENCE = /^(?:<!-- before:\s*([\s\S]*?)\s*-->\n)?```(\S*)([^\n]*)\n([\s\S]*?)^```$/gm;

/** The blocks of a page, in order. */
export function blocksOf(page: string, text: string = read(page)): readonly Block[] {
  return [...text.matchAll(FENCE)].map(
    ({ 0: all, 1: before = '', 2: language = '', 3: info = '', 4: content = '', index }) => {
      const fence = index + all.indexOf('```');
      return { place: placeOf(page, text, fence), language, info: info.trim(), content, before };
    },
  );
}

/** The code spans of a page, outside of blocks. */
export function spansOf(page: string, text: string = read(page)): readonly Span[] {
  const prose = text.replaceAll(FENCE, (block) => block.replaceAll(/[^\n]/g, ' '));
  return [...prose.matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(({ 1: content = '', index }) => ({
    place: placeOf(page, text, index),
    content: content.replaceAll(/\s+/g, ' '),
  }));
}

const placeOf = (page: string, text: string, index: number) => `${page}:${text.slice(0, index).split('\n').length}`;
