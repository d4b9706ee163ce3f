/** The text of tokens that arrive one by one, in whole characters. */

/** The text of a sequence of tokens, as far as it is known. */
export interface TextStream {
  /** What a further token adds: empty while a character is incomplete. Bytes that are no UTF-8 become U+FFFD. */
  push(token: number): Promise<string>;
  /** What was held back; the stream must not be used afterwards. */
  end(): Promise<string>;
}

/** A stream for tokens that are bytes of the text, whatever stands before them. */
export function byteStream(bytesOf: (token: number) => Uint8Array): TextStream {
  // By default, a decoder drops U+FEFF at the start of a text.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push: (token) => Promise.resolve(decoder.decode(bytesOf(token), { stream: true })),
    end: () => Promise.resolve(decoder.decode()),
  };
}

const REPLACEMENT = '\uFFFD';

/**
 * A stream for any decoder of a whole text, as the `DecodeStream` of the tokenizers library: what a token adds is the
 * text with it without the text before it. Only the tokens since the last characters but one are decoded again.
 *
 * @param before tokens that the text follows; they decide, for example, whether it starts with a space
 */
export function windowStream(
  decode: (tokens: readonly number[]) => Promise<string>,
  before: readonly number[],
): TextStream {
  let tokens = [...before];
  /** Tokens whose text was returned; the others are part of an incomplete character. */
  let read = tokens.length;
  const added = async (): Promise<string> => {
    const [known, all] = [await decode(tokens.slice(0, read)), await decode(tokens)];
    return all.slice(known.length);
  };
  return {
    push: async (token) => {
      tokens.push(token);
      const text = await added();
      if (text === '' || text.endsWith(REPLACEMENT)) return '';
      tokens = tokens.slice(read);
      read = tokens.length;
      return text;
    },
    end: added,
  };
}
