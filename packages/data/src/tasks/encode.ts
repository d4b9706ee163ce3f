/**
 * Tokenizes queries and choices like the Language Model Evaluation Harness (`_encode_pair` and `_loglikelihood_tokens`
 * of `lm_eval/models/huggingface.py`): trailing white space of the query belongs to the choice; the tokens of the
 * choice are those of query and choice together beyond the number of query tokens; long inputs are truncated on the
 * left; an empty query is replaced by the end-of-document token.
 */
import type { TaskChoice } from '@branchline/evaluation';
import { encodeDocuments } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/**
 * @param context Context of the model: the last `context + 1` tokens are kept.
 * @throws RangeError if the choice exceeds the context or has no tokens of its own; UnencodableError if it cannot be
 * encoded.
 */
export async function encodeChoice(
  tokenizer: Tokenizer,
  query: string,
  choice: string,
  { delimiter, context }: { readonly delimiter: string; readonly context: number },
): Promise<TaskChoice> {
  const texts = [query.trimEnd(), query + delimiter + choice].map((text) => Buffer.from(text));
  const documents = await encodeDocuments(texts, tokenizer);
  const [before, whole] = documents.map(({ tokens }) => tokens.subarray(0, -1)) as [Uint32Array, Uint32Array];
  const scored = whole.length - before.length;
  if (scored < 1) throw new RangeError('it has no tokens of its own');
  if (scored > context) throw new RangeError(`it has ${scored} tokens, more than the context of ${context}`);
  const tokens = before.length > 0 ? whole : Uint32Array.of(tokenizer.endOfDocument, ...whole);
  return { tokens: Int32Array.from(tokens.slice(-(context + 1))), scored, bytes: Buffer.byteLength(choice) };
}
