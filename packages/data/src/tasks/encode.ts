/**
 * Tokenizes queries and choices like the Language Model Evaluation Harness (`_encode_pair` and `_loglikelihood_tokens`
 * of `lm_eval/models/huggingface.py`): trailing white space of the query belongs to the choice; the tokens of the
 * choice are those of query and choice together beyond the number of query tokens; long inputs are truncated on the
 * left; an empty query is replaced by the end-of-document token.
 */
import type { TaskChoice } from '@branchline/evaluation';
import { encodeDocument } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/**
 * @param context Context of the model: the last `context + 1` tokens are kept.
 * @throws RangeError if the choice exceeds the context, has no tokens of its own, or cannot be encoded.
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
