import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BranchlineError, digestJson, type JsonValue, messageOf, type Problem } from '@branchline/core';
import { lookAt } from '../storage/files.js';
import { byteTokenizer } from './bytes.js';
import { droppedCounter, endsInBytes } from './dropped.js';
import { openRust, type RustTokenizer } from './rust.js';
import { windowStream } from './text-stream.js';
import type { Tokenizer } from './tokenizer.js';

/** End-of-text tokens of well-known models. */
const ENDS = ['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '<|im_end|>', '[SEP]'];
const FILE = 'tokenizer.json';
const CONFIG = 'tokenizer_config.json';

/** Release of the tokenizers library whose tokens these are. Later ones with the same tokens keep this name. */
const RELEASE = '0.23';

type Json = Readonly<Record<string, unknown>>;

/**
 * Opens a `tokenizer.json`. A `tokenizer_config.json` in the same folder only gives the default of `endOfDocument`. The
 * name covers the settings that decide tokens, not formatting, paths, decoding, padding or truncation.
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
  try {
    const { json, content } = read(where);
    // An export of a model that was trained on bytes: the same tokens, found without the library.
    if (byteTokenizer.files.some((known) => content.equals(known.content))) return byteTokenizer;
    const configFile = path.join(path.dirname(where), CONFIG);
    const config = lookAt(configFile)?.isFile() ? read(configFile) : undefined;
    const dropout = (json.model as Json | null | undefined)?.dropout;
    if (typeof dropout === 'number' && dropout !== 0)
      return fail(
        'file',
        `${file} has model.dropout ${dropout}: the same text would get other tokens each time`,
        'Set model.dropout to null in the file.',
      );
    const rust = await openDecoding(json, content);
    const named = endOfDocument ?? endIn(config?.json) ?? ENDS.find((one) => rust.idOf(one) !== undefined);
    if (named === undefined)
      return fail(
        'endOfDocument',
        `cannot be determined from ${file}`,
        `Name the token that ends a text: tokenizer: { file: '${file}', endOfDocument: '</s>' }.`,
      );
    const end = rust.idOf(named);
    if (end === undefined)
      return fail('endOfDocument', `${file} has no token "${named}"`, 'Name one of its tokens, e.g. "</s>".');
    const files = [{ name: FILE, content }, ...(config ? [{ name: CONFIG, content: config.content }] : [])];
    return made(rust, json, { name: `tokenizers ${RELEASE} ${digestOf(json)} ${named}`, endOfDocument: end, files });
  } catch (error) {
    if (error instanceof BranchlineError) throw error;
    const remedy = 'Use a tokenizer.json written by the tokenizers library of Hugging Face.';
    return fail('file', `${file} cannot be used as a tokenizer: ${messageOf(error)}`, remedy);
  }
}

/**
 * Opens the files of a tokenizer that a corpus was made with, which the cache keeps.
 *
 * @throws Error if the library cannot use them; BranchlineError if it has no binary for this platform.
 */
export async function huggingFaceAgain(described: Described): Promise<Tokenizer> {
  const content = Buffer.from(described.files.find(({ name }) => name === FILE)!.content);
  const json = JSON.parse(content.toString()) as Json;
  return made(await openDecoding(json, content), json, described);
}

type Described = Pick<Tokenizer, 'name' | 'endOfDocument' | 'files'>;

function made(rust: RustTokenizer, json: Json, described: Described): Tokenizer {
  return {
    ...described,
    vocabulary: rust.vocabulary,
    encode: (texts) => rust.encode(texts),
    textAfter: (before) => windowStream(rust.decode, before),
    countDropped: droppedCounter(json),
  };
}

/** Without a decoder, the library joins tokens with spaces; the tokens of a byte-level model are bytes. */
function openDecoding(json: Json, content: Buffer): Promise<RustTokenizer> {
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const isMissing = (json.decoder ?? null) === null && endsInBytes(json.pre_tokenizer as Json | null);
  return openRust(isMissing ? JSON.stringify({ ...json, decoder: bytes }) : content.toString());
}

function read(file: string): { readonly json: Json; readonly content: Buffer } {
  const content = readFileSync(file);
  if (!isUtf8(content)) throw new Error('it is not UTF-8');
  const json: unknown = JSON.parse(content.toString());
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it is not a JSON object');
  return { json: json as Json, content };
}

/** The digest of the settings that decide tokens. */
function digestOf({ added_tokens = null, normalizer = null, pre_tokenizer = null, model = null }: Json): string {
  return digestJson({ added_tokens, normalizer, pre_tokenizer, model } as JsonValue);
}

/** `eos_token`: a string, or an object with the string in `content`. */
function endIn(config: Json | undefined): string | undefined {
  const token = config?.eos_token;
  if (typeof token === 'string') return token;
  const content = (token as Json | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
