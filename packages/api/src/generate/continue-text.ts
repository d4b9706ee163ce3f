import { BranchlineError, type Decoding, RandomStream } from '@branchline/core';
import type { Tokenizer } from '@branchline/data';
import { mostProbable, nextTokenProbabilities, type Sampling, tokenAt } from './next-token.js';
import { StopText } from './stop-text.js';

/** Why a text ends: so many tokens were asked for, the model ended the document, or a stop was found. */
export type Ending = 'tokens' | 'end of document' | 'stop';

/** How a text is continued. */
export interface TextSettings extends Sampling {
  /** Largest number of new tokens. */
  readonly tokens: number;
  /** Texts before which the continuation ends. */
  readonly stop: readonly string[];
  /** Decides everything random. */
  readonly seed: number;
}

/** A model that continues texts, with its tokenizer. */
export interface TextModel {
  /** Tokens that it sees. */
  readonly context: number;
  readonly tokenizer: Tokenizer;
  decode(): Promise<Decoding>;
}

/** A piece of text, in whole characters. */
export interface TextPiece {
  readonly type: 'text';
  readonly text: string;
}

/** A finished continuation, without the prompt. */
export interface Continuation {
  /** Without the stop that ended it. */
  readonly text: string;
  /** New tokens; the end-of-document token is none of them. */
  readonly tokens: readonly number[];
  readonly ending: Ending;
}

/**
 * Continues a prompt and yields the text as it comes. An empty prompt is the beginning of a document. Every token
 * depends on model, prompt, settings and the tokens before it, and on nothing else. Throws a BranchlineError
 * (`interrupted`) if the signal is aborted.
 */
export async function* continueText(
  model: TextModel,
  prompt: readonly number[],
  settings: TextSettings,
  signal?: AbortSignal,
): AsyncGenerator<TextPiece, Continuation> {
  const { tokenizer } = model;
  const random = new RandomStream(settings.seed, 'generate');
  const choose = (logits: Float32Array): number =>
    settings.temperature === 0
      ? mostProbable(logits)
      : tokenAt(nextTokenProbabilities(logits, settings), random.uniform());
  const stream = tokenizer.textAfter(prompt);
  const stops = new StopText(settings.stop);
  const window = new Window(model, prompt.length === 0 ? [tokenizer.endOfDocument] : prompt);
  const tokens: number[] = [];
  let [whole, ending]: [string, Ending] = ['', 'tokens'];
  try {
    while (tokens.length < settings.tokens) {
      if (signal?.aborted) throw interrupted();
      const token = choose(await window.logits(tokens.at(-1)));
      if (token === tokenizer.endOfDocument) {
        ending = 'end of document';
        break;
      }
      tokens.push(token);
      const { text, isStopped } = stops.push(await stream.push(token));
      whole += text;
      if (text !== '') yield { type: 'text', text };
      if (!isStopped) continue;
      ending = 'stop';
      break;
    }
  } finally {
    await window.dispose();
  }
  if (ending !== 'stop') {
    const last = stops.push(await stream.end());
    const rest = last.text + stops.end();
    if (last.isStopped) ending = 'stop';
    whole += rest;
    if (rest !== '') yield { type: 'text', text: rest };
  }
  return { text: whole, tokens, ending };
}

const interrupted = () =>
  new BranchlineError('interrupted', { message: 'was interrupted', remedy: 'The same call gives the same text.' });

/**
 * The tokens that the model sees: at first the last `context` tokens of the prompt. When there is no place for another
 * token, only the last half of the window stays, at positions from 0, and is read again.
 */
class Window {
  #seen: number[] = [];
  #text: Decoding | undefined;

  constructor(
    private readonly model: TextModel,
    private readonly prompt: readonly number[],
  ) {}

  /** Logits after the prompt and all tokens so far, of which `token` is the last; absent at first. */
  async logits(token: number | undefined): Promise<Float32Array> {
    const { context } = this.model;
    if (token === undefined) return this.#restart(this.prompt.slice(-context));
    if (this.#seen.length === context) return this.#restart([...this.#seen, token].slice(-Math.ceil(context / 2)));
    this.#seen.push(token);
    return this.#text!.append(Int32Array.of(token));
  }

  async #restart(tokens: readonly number[]): Promise<Float32Array> {
    await this.dispose();
    this.#seen = [...tokens];
    this.#text = await this.model.decode();
    return this.#text.append(Int32Array.from(tokens));
  }

  async dispose(): Promise<void> {
    const text = this.#text;
    this.#text = undefined;
    await text?.dispose();
  }
}
