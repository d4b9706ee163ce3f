/** Continuations by the embedded trainer, compared with full passes of the reference model in float64. */
import { byteTokenizer } from '@branchline/data';
import {
  describeModel,
  initialize,
  modelSchema,
  optimizerSchema,
  parameterTable,
  referenceLogits,
} from '@branchline/model';
import { tfjs } from '@branchline/trainer-tfjs/define';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { continueText, type TextModel, type TextSettings } from './continue-text.js';

const CONTEXT = 40;
const spec = modelSchema.parse({
  layers: 2,
  width: 16,
  heads: 4,
  kvHeads: 2,
  context: CONTEXT,
  vocabulary: 257,
  initStd: 0.3,
});
const weights = initialize(spec, 5);
const PROMPT = [...Buffer.from('The line')];
const GREEDY: TextSettings = { temperature: 0, tokens: 90, stop: [], seed: 0 };

type Trainer = Awaited<ReturnType<ReturnType<typeof tfjs>['create']>>;

let trainer: Trainer;
let model: TextModel;
beforeAll(async () => {
  const data = { context: CONTEXT, vocabulary: 257, read: () => new Int32Array(0) };
  trainer = await tfjs({ engine: 'jit', threads: 1 }).create({
    model: describeModel(spec),
    optimizer: optimizerSchema.parse({}),
    data,
  });
  const state = await trainer.initialize(5);
  model = { context: CONTEXT, tokenizer: byteTokenizer, decode: () => trainer.decode(state) };
});
afterAll(() => trainer.dispose());

/** The argmax of every step, by full passes over the window that the documentation describes. */
function greedyByFullPasses(prompt: readonly number[], count: number): readonly number[] {
  const tokens: number[] = [];
  let window = prompt.slice(-CONTEXT);
  while (tokens.length < count) {
    const logits = referenceLogits(spec, weights, window).subarray(-spec.vocabulary);
    const token = logits.indexOf(Math.max(...logits));
    if (token === byteTokenizer.endOfDocument) break;
    tokens.push(token);
    window = window.length === CONTEXT ? [...window, token].slice(-CONTEXT / 2) : [...window, token];
  }
  return tokens;
}

async function run(prompt: readonly number[], settings: Partial<TextSettings>, signal?: AbortSignal) {
  const pieces: string[] = [];
  const text = continueText(model, prompt, { ...GREEDY, ...settings }, signal);
  for (;;) {
    const next = await text.next();
    if (next.done) return { ...next.value, pieces };
    pieces.push(next.value.text);
  }
}

it('the weights of the test are those of the trainer', () => {
  expect(weights).toHaveLength(parameterTable(spec).length);
});

describe('greedy', () => {
  it.each([
    ['a short prompt, over two windows', PROMPT],
    ['a prompt that fills the window', Array.from({ length: CONTEXT }, (_, i) => (7 * i) % 256)],
    ['a longer prompt, of which the end counts', Array.from({ length: 3 * CONTEXT }, (_, i) => (11 * i) % 256)],
  ])('is the argmax of full passes: %s', async (_case, prompt) => {
    const { tokens } = await run(prompt, {});
    expect(tokens).toEqual(greedyByFullPasses(prompt, 90));
    expect(new Set(tokens).size).toBeGreaterThan(2);
  });

  it('of nothing begins a document', async () => {
    const { tokens } = await run([], { tokens: 12 });
    expect(tokens).toEqual(greedyByFullPasses([256], 12));
  });
});

describe('sampling', () => {
  it('repeats itself for a seed, and differs between seeds', async () => {
    const settings = { temperature: 1, topP: 0.95, tokens: 60 };
    const [one, again, other] = [
      await run(PROMPT, settings),
      await run(PROMPT, settings),
      await run(PROMPT, { ...settings, seed: 1 }),
    ];
    expect(again).toEqual(one);
    expect(other.tokens).not.toEqual(one.tokens);
  });

  it('draws from the distribution of the model', async () => {
    const logits = referenceLogits(spec, weights, PROMPT).subarray(-spec.vocabulary);
    const powers = logits.map((logit) => Math.exp(logit));
    const total = powers.reduce((a, b) => a + b);
    const counts = new Map<number | undefined, number>();
    const draws = 300;
    for (let seed = 0; seed < draws; seed++) {
      const { tokens } = await run(PROMPT, { temperature: 1, tokens: 1, seed });
      counts.set(tokens[0], (counts.get(tokens[0]) ?? 0) + 1);
    }
    for (const [token, power] of powers.entries()) {
      const share = power / total;
      const found = (counts.get(token === 256 ? undefined : token) ?? 0) / draws;
      // Five standard deviations.
      expect(Math.abs(found - share), `${token}`).toBeLessThan(5 * Math.sqrt(share / draws) + 2 / draws);
    }
  });
});

describe('a text', () => {
  it('ends before a stop, and its pieces join to it', async () => {
    const { text, tokens } = await run(PROMPT, {});
    // Somewhere in the middle, over several tokens.
    const stop = [...text].slice(20, 23).join('');
    const stopped = await run(PROMPT, { stop: ['never in it', stop] });
    expect(stopped.ending).toBe('stop');
    expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.pieces.join('')).toBe(stopped.text);
    expect(stopped.tokens.length).toBeLessThan(tokens.length);
  });

  it('is whole characters, with U+FFFD for bytes that are no UTF-8', async () => {
    const { text, tokens, pieces, ending } = await run(PROMPT, { temperature: 1.5, tokens: 120 });
    expect(text).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(tokens)));
    expect(text).toContain('\uFFFD');
    expect(pieces.join('')).toBe(text);
    expect(ending === 'tokens' ? tokens.length : 120).toBe(120);
  });

  it('stops when it is interrupted', async () => {
    await expect(run(PROMPT, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' });
  });
});
