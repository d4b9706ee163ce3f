import { type Digest, digestBytes, RandomStream } from '@branchline/core';
import type { CorruptShare, DataSettings } from '../config/schema.js';
import { cutAtLineEnds } from '../sources/cut.js';
import { type Corrupted, corrupt } from './corrupt.js';

/** A piece of a document, and the corrupted text that is trained on in its place. */
export interface Cut {
  readonly digest: Digest;
  readonly text: Uint8Array;
  readonly corrupted?: Corrupted;
}

/** Cuts a document at line ends and corrupts the pieces by `share`, if given. `whole`: digest of the document. */
export function* cutDocument(
  document: Uint8Array,
  whole: Digest,
  share: CorruptShare | undefined,
  settings: DataSettings,
): Generator<Cut> {
  for (const [start, end] of cutAtLineEnds(document, settings.maxDocumentBytes)) {
    const text = document.subarray(start, end);
    const digest = text.length === document.length ? whole : digestBytes(text);
    const random = () => new RandomStream(settings.seed, `noise ${digest}`);
    yield { digest, text, corrupted: share && corrupt(text, share, random()) };
  }
}
