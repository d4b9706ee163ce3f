import { type Digest, digestBytes, digestJson } from '../json.js';
import type { DataProvider } from './data.js';

/** The content of a version, to recognize it when the corpus is prepared again. */
export interface VersionContent {
  readonly name: string;
  /** Training sequences. */
  readonly sequences: number;
  /** Digest of the training and held-out text. */
  readonly digest: Digest;
}

/** Digests the content of every version. */
export function versionContents(data: DataProvider): readonly VersionContent[] {
  const heldOut = data.evaluationSets();
  return data.versions.map(({ index, name, sequences }) => {
    const { ids } = data.order({ parts: [{ version: index }], order: { by: 'shuffled' }, seed: 0 });
    const train = digestBytes(data.contentOf(Uint32Array.from(ids).sort()));
    const evaluated = heldOut.filter(({ parts }) => parts.some(({ version }) => version === index));
    return { name, sequences, digest: digestJson([train, ...evaluated.map(({ digest }) => digest)]) };
  });
}
