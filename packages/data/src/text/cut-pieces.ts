import { type Digest, digestBytes, RandomStream } from '@branchline/core';
import type { CorruptShare, DataSettings } from '../config/schema.js';
import { cutAtLineEnds } from '../sources/cut.js';
import { type Corrupted, corrupt } from './corrupt.js';

/** A piece of a document, and the corrupted text that is trained on in its place. */
export interface CutPiece {
  readonly digest: Digest;
  readonly text: Uint8Array;
  readonly corrupted?: Corrupted;
}

/** Cuts a document at line ends and corrupts the pieces by `share`, if given. */
export function* cutPieces(
  document: Uint8Array,
  whole: Digest,
  share: CorruptShare | undefined,
  { maxDocumentBytes, seed }: Pick<DataSettings, 'maxDocumentBytes' | 'seed'>,
): Generator<CutPiece> {
  for (const [start, end] of cutAtLineEnds(document, maxDocumentBytes)) {
    const text = document.subarray(start, end);
    const digest = text.length === document.length ? whole : digestBytes(text);
    const random = () => new RandomStream(seed, `noise ${digest}`);
    yield { digest, text, corrupted: share && corrupt(text, share, random()) };
  }
}
