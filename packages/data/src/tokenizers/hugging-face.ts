import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { digestBytes, messageOf, type Problem } from '@branchline/core';
import { lookAt } from '../storage/files.js';
import type { Tokenizer } from './tokenizer.js';

/** End-of-text tokens of well-known models. */
const ENDS = ['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '<|im_end|>', '[SEP]'];
const CONFIG = 'tokenizer_config.json';

type Json = Readonly<Record<string, unknown>>;

/** The used part of the library; its own types import files without extensions and cannot be resolved. */
interface Reader {
  token_to_id(token: string): number | undefined;
  get_vocab(withAdded: boolean): ReadonlyMap<string, number>;
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] };
}

async function openReader(json: Json, config: Json): Promise<Reader> {
  const library = (await import('@huggingface/tokenizers')) as unknown as {
    readonly Tokenizer: new (json: Json, config: Json) => Reader;
  };
  return new library.Tokenizer(json, config);
}

/**
 * Opens a `tokenizer.json`, together with a `tokenizer_config.json` in the same folder if there is one. Its name
 * contains their digests, not their paths.
 */
export async function huggingFace(
  { file, endOfDocument }: { readonly file: string; readonly endOfDocument?: string },
  baseDirectory: string,
  problems: Problem[],
): Promise<Tokenizer | undefined> {
  const fail = (key: string, message: string, remedy: string) => {
    problems.push({ configPath: `data.tokenizer.${key}`, message, remedy });
    return undefined;
  };
  const where = path.resolve(baseDirectory, file);
  if (!lookAt(where)?.isFile())
    return fail('file', `there is no ${file} in ${baseDirectory}`, 'Name a tokenizer.json that exists.');
  const read = (one: string): { json: Json; digest: string } => {
    const content = readFileSync(one);
    if (!isUtf8(content)) throw new Error('it is not UTF-8');
    return { json: JSON.parse(content.toString()) as Json, digest: digestBytes(content) };
  };
  try {
    const { json, digest } = read(where);
    const configFile = path.join(path.dirname(where), CONFIG);
    const config = lookAt(configFile)?.isFile() ? read(configFile) : undefined;
    const reader = await openReader(json, config?.json ?? {});
    const named = endOfDocument ?? endIn(config?.json) ?? ENDS.find((one) => reader.token_to_id(one) !== undefined);
    if (named === undefined)
      return fail(
        'endOfDocument',
        `cannot be determined from ${file}`,
        'Name the token that ends a text, e.g. "</s>".',
      );
    const end = reader.token_to_id(named);
    if (end === undefined)
      return fail('endOfDocument', `${file} has no token "${named}"`, 'Name one of its tokens, e.g. "</s>".');
    const ids = [...reader.get_vocab(true).values()];
    const vocabulary = ids.reduce((most, id) => Math.max(most, id + 1), 0);
    const decoder = new TextDecoder();
    return {
      name: ['tokenizer.json', digest, ...(config ? [config.digest] : []), named].join(' '),
      vocabulary,
      endOfDocument: end,
      encode: (text) => reader.encode(decoder.decode(text), { add_special_tokens: false }).ids,
    };
  } catch (error) {
    const remedy = 'Use a tokenizer.json written by the tokenizers library of Hugging Face.';
    return fail('file', `${file} cannot be used as a tokenizer: ${messageOf(error)}`, remedy);
  }
}

/** `eos_token`: a string, or an object with the string in `content`. */
function endIn(config: Json | undefined): string | undefined {
  const token = config?.eos_token;
  if (typeof token === 'string') return token;
  const content = (token as Json | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
