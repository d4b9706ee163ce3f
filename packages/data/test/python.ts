/** Tokens of the same settings and texts by the Python packages, for recording and comparing. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ENCODINGS } from '../src/tokenizers/tiktoken.js';
import { SETTINGS } from './tokenizer-settings.js';

/** Token ids of every text: by name of a setting, and by encoding of tiktoken. */
export interface Ids {
  readonly settings: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly tiktoken: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** The Python to use: with the packages tokenizers and tiktoken. */
const PYTHON = process.env.BRANCHLINE_PYTHON ?? 'python3';

/** Why Python cannot be used; undefined if it can. */
export function refusalOfPython(): string | undefined {
  const { error, status, stderr } = spawnSync(PYTHON, ['-c', 'import tokenizers, tiktoken'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
}

async function ranksOf(encoding: (typeof ENCODINGS)[number]): Promise<Record<string, number>> {
  const { default: ranks } = (await import(/* @vite-ignore */ `js-tiktoken/ranks/${encoding}`)) as {
    default: { bpe_ranks: string };
  };
  const lines = ranks.bpe_ranks.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(
    lines.flatMap(([, first, ...tokens]) => tokens.map((token, index) => [token, Number(first) + index])),
  );
}

/** Token ids of texts by Python, as JSON. */
export async function idsByPython(texts: readonly string[]): Promise<string> {
  const tiktoken = Object.fromEntries(
    await Promise.all(ENCODINGS.map(async (name) => [name, await ranksOf(name)] as const)),
  );
  const input = JSON.stringify({ settings: Object.fromEntries(SETTINGS), tiktoken, texts });
  const script = path.join(import.meta.dirname, 'tokenizer_ids.py');
  const { status, stdout, stderr } = spawnSync(PYTHON, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
