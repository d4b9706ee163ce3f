/** Losses of a release on a validation set, which does not depend on the version of the release. */
export interface ValidationResult {
  /** Name of the set. */
  readonly name: string;
  readonly tokens: number;
  /** Nats per token. */
  readonly loss: number;
  readonly bitsPerByte: number;
  readonly lossByDomain: Readonly<Record<string, number>>;
}

/** A validation set of an experiment. */
export interface ValidationInfo {
  readonly name: string;
  readonly sequences: number;
  readonly tokens: number;
  /** Training text that was removed because it is also in this set: documents, whole or in part, and bytes. */
  readonly removed: { readonly documents: number; readonly bytes: number };
}
