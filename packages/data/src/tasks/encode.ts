/**
 * Queries and choices as tokens, as the Language Model Evaluation Harness makes them (`_encode_pair` and
 * `_loglikelihood_tokens` of `lm_eval/models/huggingface.py`): white space at the end of a query belongs to the choice;
 * a choice is what the whole has more tokens than its query; what is too long is cut on the left; without a query the
 * end of a document stands before the choice.
 */
import type { TaskChoice } from '@branchline/evaluation';
import { encodeDocument } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/**
 * @param context Tokens that a model reads: as many are kept, and the last one.
 * @throws RangeError for a choice that is longer, that has no tokens, or that the tokenizer has no tokens for.
 */
export function encodeChoice(
  tokenizer: Tokenizer,
  query: string,
  choice: string,
  { delimiter, context }: { readonly delimiter: string; readonly context: number },
): TaskChoice {
  const encode = (text: string) => encodeDocument(Buffer.from(text), tokenizer).subarray(0, -1);
  const before = encode(query.trimEnd());
  const whole = encode(query + delimiter + choice);
  const scored = whole.length - before.length;
  if (scored < 1) throw new RangeError('it has no tokens of its own');
  if (scored > context) throw new RangeError(`it has ${scored} tokens, more than the context of ${context}`);
  const tokens = before.length > 0 ? whole : Uint32Array.of(tokenizer.endOfDocument, ...whole);
  return { tokens: Int32Array.from(tokens.slice(-(context + 1))), scored, bytes: Buffer.byteLength(choice) };
}
