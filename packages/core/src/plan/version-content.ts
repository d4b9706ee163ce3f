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

/** Digests the content of every version. A version keeps its digest when others come before it or leave. */
export function versionContents(data: DataProvider): readonly VersionContent[] {
  // Not the digests of the sets, which hold the position of the version.
  const heldOut = data.evaluationSets().flatMap(({ parts }) => parts);
  return data.versions.map(({ index, name, sequences }) => {
    const { ids } = data.order({ parts: [{ version: index }], order: { by: 'shuffled' }, seed: 0 });
    const train = digestBytes(data.contentOf(Uint32Array.from(ids).sort()));
    const evaluated = heldOut
      .filter(({ version }) => version === index)
      .map(({ domain, sequences: own }) => [domain, digestBytes(data.contentOf(own))]);
    return { name, sequences, digest: digestJson({ train, evaluated }) };
  });
}
