/** `manifest.json` of a checkpoint: what it is, what made it, and the digests of its files. */
import { type Digest, digestJson, isDigest, type JsonValue } from '../json.js';
import { isProvenance, type Provenance } from '../path/provenance.js';
import { isPlainObject } from '../plain-object.js';
import type { TensorGroup } from '../trainer/trainer.js';

/** Size and digest of one file, in a manifest. */
export interface StoredFile {
  readonly bytes: number;
  readonly sha256: Digest;
}

/** `manifest.json`. */
export interface Manifest {
  readonly format: 1;
  readonly key: Digest;
  /** Key of the root of its lineage. */
  readonly root: Digest;
  /** Steps since that root. */
  readonly steps: number;
  /** Optimizer steps since the moments were last zero. */
  readonly optimizerStep: number;
  readonly kind: 'init' | 'step' | 'derived' | 'reset';
  /** True for a state inside a segment, stored only so that a killed run loses few steps. */
  readonly rolling?: true;
  /** Which trainers made it, from what. Absent in checkpoints of 0.1.0. */
  readonly provenance?: Provenance;
  readonly files: Readonly<Partial<Record<TensorGroup, StoredFile>>>;
  /** Digest of all other fields; they affect the bits of later states, so damage must be detected. */
  readonly digest: Digest;
}

/** Bytes of a stored checkpoint. */
export function bytesOf({ files }: Pick<Manifest, 'files'>): number {
  return Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
}

/** A manifest before its files are written. */
export type ManifestDraft = Omit<Manifest, 'format' | 'files' | 'digest'>;

const KINDS: readonly unknown[] = ['init', 'step', 'derived', 'reset'] satisfies readonly Manifest['kind'][];

/** Whether a value has the structure of a manifest. It contains no file names: those follow from the groups. */
export function isManifest(value: unknown): value is Manifest {
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;
  const isFile = ([group, file]: readonly [string, unknown]) =>
    ['weights', 'optimizer'].includes(group) && isPlainObject(file) && isCount(file.bytes) && isDigest(file.sha256);
  return (
    isPlainObject(value) &&
    value.format === 1 &&
    KINDS.includes(value.kind) &&
    [value.key, value.root].every(isDigest) &&
    [value.steps, value.optimizerStep].every(isCount) &&
    [undefined, true].includes(value.rolling as undefined) &&
    (value.provenance === undefined || isProvenance(value.provenance)) &&
    isPlainObject(value.files) &&
    'weights' in value.files &&
    Object.entries(value.files).every(isFile)
  );
}

/** Adds the digest of all other fields. */
export function seal(body: Omit<Manifest, 'digest'>): Manifest {
  return { ...body, digest: digestJson(body as unknown as JsonValue) };
}
