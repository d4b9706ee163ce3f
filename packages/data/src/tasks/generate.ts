/**
 * Multiple-choice items from held-out text or a validation set: a query, its true continuation, and distractors taken
 * from other such text of the same version and domain. Models that learned more from the corpus choose better, and no
 * model was trained on the answers.
 */
import {
  allHeldOut,
  type EvaluationSet,
  RandomStream,
  type SequenceSource,
  type ValidationSet,
} from '@branchline/core';
import type { TaskChoice, TaskItem } from '@branchline/evaluation';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { GeneratedTask } from './schema.js';

/** A corpus with text that is never trained on. */
export interface HeldOutText extends SequenceSource {
  evaluationSets(): readonly EvaluationSet[];
  validationSets(): readonly ValidationSet[];
}

/** The tokens of one held-out sequence. */
type Sequence = Int32Array;

/** The position of a span of one document in a sequence. */
interface Window {
  readonly sequence: Sequence;
  readonly start: number;
  /** Tokens of the same document that precede it in the sequence. */
  readonly before: number;
}

/** Draws per distractor; repetitive text may have too few different spans. */
const TRIES = 20;

/**
 * Generates the items of a task; a pure function of corpus, settings and seed. Items of a validation set are about no
 * version (0), so every release answers all of them.
 */
export function generateItems(
  { generate }: GeneratedTask,
  data: HeldOutText,
  tokenizer: Tokenizer,
  seed: number,
): readonly TaskItem[] {
  const { context } = data;
  const answer = generate.answer ?? Math.max(1, Math.floor(context / 8));
  const query = generate.query ?? Math.max(1, Math.floor(context / 2));
  const own = data.validationSets().filter(({ name }) => name === generate.from);
  const sources = generate.from === undefined ? allHeldOut(data).parts : own.flatMap(({ parts }) => parts);
  const parts = sources.map(({ version, domain, sequences }) => {
    const tokens = data.read(sequences);
    const length = context + 1;
    const rows = Array.from(sequences, (_, row): Sequence => tokens.subarray(row * length, (row + 1) * length));
    const windows = rows.flatMap((row) => windowsOf(row, answer, tokenizer.endOfDocument));
    return { version, domain, windows, alone: rows.length < 2 };
  });
  return parts.flatMap(({ version, domain, windows, alone }) => {
    const stream = new RandomStream(seed, `multiple choice/${version}/${domain}`);
    const others = alone ? elsewhere(parts, windows, version) : windows;
    // Require at least as much context as the answer is long (or the full query, if shorter).
    const candidates = windows.filter(({ before }) => before >= Math.min(query, answer));
    const order = stream.shuffle(Uint32Array.from(candidates, (_, index) => index));
    const items: TaskItem[] = [];
    let failed = 0;
    for (const index of order) {
      if (items.length === generate.items || failed > generate.items) break;
      const right = candidates[index]!;
      const wrong = distractors(right, others, answer, generate.choices - 1, stream);
      if (wrong === undefined) {
        failed++;
        continue;
      }
      const gold = stream.below(generate.choices);
      const { sequence, start, before } = right;
      const stem = sequence.subarray(start - Math.min(before, query), start);
      const answers = wrong.toSpliced(gold, 0, textOf(right, answer));
      items.push({ version, domain, gold, choices: answers.map((text) => choiceOf(stem, text, tokenizer, context)) });
    }
    return items;
  });
}

/**
 * Where distractors come from if a part has a single sequence: other parts of its version and earlier ones, so that
 * later ones do not change its items; all parts if these have no other sequence.
 */
function elsewhere(
  parts: readonly { readonly version: number; readonly windows: readonly Window[] }[],
  own: readonly Window[],
  version: number,
): readonly Window[] {
  const all = (of: typeof parts) => of.flatMap(({ windows }) => windows);
  const known = all(parts.filter((part) => part.version <= version));
  return known.length > own.length ? known : all(parts);
}

/** All spans of `length` tokens in a sequence that lie within one document. */
function windowsOf(sequence: Sequence, length: number, endOfDocument: number): readonly Window[] {
  const windows: Window[] = [];
  let begin = 0;
  for (const [end, token] of sequence.entries()) {
    if (token === endOfDocument) begin = end + 1;
    const start = end - length + 1;
    if (start >= begin) windows.push({ sequence, start, before: start - begin });
  }
  return windows;
}

const textOf = ({ sequence, start }: Window, length: number) => sequence.subarray(start, start + length);

/** `count` distinct spans from other sequences; undefined if not enough were found. */
function distractors(
  right: Window,
  others: readonly Window[],
  length: number,
  count: number,
  stream: RandomStream,
): Sequence[] | undefined {
  const found = new Map([[textOf(right, length).join(), right]]);
  for (let tries = 0; found.size <= count && tries < TRIES * count; tries++) {
    const other = others[stream.below(others.length)]!;
    const text = textOf(other, length).join();
    if (other.sequence !== right.sequence && !found.has(text)) found.set(text, other);
  }
  return found.size > count ? [...found.values()].slice(1).map((window) => textOf(window, length)) : undefined;
}

function choiceOf(stem: Sequence, text: Sequence, tokenizer: Tokenizer, context: number): TaskChoice {
  const tokens = Int32Array.of(...stem, ...text).slice(-(context + 1));
  const bytes = text.reduce((sum, token) => sum + (tokenizer.byteLength?.(token) ?? 1), 0);
  return { tokens, scored: text.length, bytes: Math.max(1, bytes) };
}
