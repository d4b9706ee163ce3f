import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from '@branchline/core';
import { onTestFinished } from 'vitest';

export { TINY } from './tiny.js';

/** An empty folder that is removed after the test. */
export function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'branchline-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const WORDS = 'rail line branch main fork switch path step rate loss data token order score version signal'.split(' ');

/** Writes small text files into `texts` below a folder. Deterministic. */
export function writeTexts(directory: string, count = 60): void {
  const random = new RandomStream(1, 'texts');
  mkdirSync(join(directory, 'texts'), { recursive: true });
  for (let index = 0; index < count; index++) {
    const line = () => Array.from({ length: 4 + random.below(8) }, () => WORDS[random.below(WORDS.length)]).join(' ');
    const text = `text ${index}\n${Array.from({ length: 12 }, line).join('\n')}\n`;
    writeFileSync(join(directory, 'texts', `${index}.txt`), text);
  }
}
