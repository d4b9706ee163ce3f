/** Why files and documents cannot be read, in one wording for all formats. */
import { MAX_DOCUMENT } from '../storage/files.js';

/** A document that is longer than the limit. */
export const TOO_LONG = `more than ${MAX_DOCUMENT} bytes (the limit of a document)`;
/** Text in another encoding. */
export const NOT_UTF8 = 'not text in UTF-8';

/** A file with text in another encoding than UTF-8. */
export class WrongEncodingError extends Error {}

/** A file that is whole, but beyond what is read here. */
export class LimitError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}
