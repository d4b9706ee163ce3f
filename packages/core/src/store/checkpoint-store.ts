/**
 * Checkpoints under the key of what produced them: a directory each, with one safetensors file per group and a manifest.
 * A directory appears by a rename, so it is whole or not there; every file is verified by digest when it is read.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, messageOf } from '../errors.js';
import type { Digest } from '../json.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { CheckpointReader, CheckpointWriter, Tensor, TensorGroup } from '../trainer/trainer.js';
import { syncDirectory, writeSynced } from './durable.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** What a manifest says of one file. */
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
  readonly files: Readonly<Partial<Record<TensorGroup, StoredFile>>>;
  /**
   * The training that led here, as the ledger has it, so that the ledger can be completed after a crash between the two
   * writes. Absent where nothing was trained.
   */
  readonly stretch?: LedgerEntry;
}

/** A manifest before its files are written. */
export type ManifestDraft = Omit<Manifest, 'format' | 'files'>;

const fileOf = (group: TensorGroup) => (group === 'weights' ? 'model.safetensors' : 'optimizer.safetensors');

export class CheckpointStore {
  readonly #manifests = new Map<Digest, Manifest>();

  private constructor(private readonly directory: string) {}

  /**
   * Opens a store, made if it is not there. Leftovers of writes that were cut off are removed. A manifest that cannot be
   * read is set aside under `damaged/` and told to `onDamage`; its state counts as missing.
   */
  static async open(directory: string, onDamage: (message: string) => void): Promise<CheckpointStore> {
    await mkdir(directory, { recursive: true });
    const store = new CheckpointStore(directory);
    for (const name of (await readdir(directory)).sort()) {
      if (name.startsWith('tmp-')) await rm(join(directory, name), { recursive: true, force: true });
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      try {
        const manifest = JSON.parse(await readFile(join(directory, name, 'manifest.json'), 'utf8')) as Manifest;
        if (manifest.format !== 1 || manifest.key !== name || typeof manifest.files !== 'object')
          throw new RangeError('is not a manifest of this checkpoint');
        store.#manifests.set(name, manifest);
      } catch (error) {
        await store.#setAside(name);
        onDamage(
          `manifest of checkpoint ${name.slice(0, 12)} ${messageOf(error)}; it was set aside and will be recomputed`,
        );
      }
    }
    return store;
  }

  has(key: Digest): boolean {
    return this.#manifests.has(key);
  }

  /** The manifest of a checkpoint that is there. */
  manifest(key: Digest): Manifest | undefined {
    return this.#manifests.get(key);
  }

  /** All manifests, in the order of their keys. */
  list(): readonly Manifest[] {
    return [...this.#manifests.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Writes a checkpoint. When this settles it is durable; when it throws nothing is visible. A key that is there is kept as it is. */
  async write(draft: ManifestDraft, fill: (writer: CheckpointWriter) => Promise<void>): Promise<Manifest> {
    const existing = this.#manifests.get(draft.key);
    if (existing !== undefined) return existing;
    const temporary = join(this.directory, `tmp-${draft.key.slice(0, 16)}-${process.pid}`);
    const files: Partial<Record<TensorGroup, StoredFile>> = {};
    try {
      await mkdir(temporary, { recursive: true });
      await fill({
        write: async (group, tensors) => {
          const chunks = encodeSafetensors(tensors);
          const hash = createHash('sha256');
          for (const chunk of chunks) hash.update(chunk);
          await writeSynced(join(temporary, fileOf(group)), chunks);
          files[group] = {
            bytes: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
            sha256: hash.digest('hex'),
          };
        },
      });
      const manifest: Manifest = { format: 1, ...draft, files };
      await writeSynced(join(temporary, 'manifest.json'), [Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)]);
      await syncDirectory(temporary);
      await rename(temporary, join(this.directory, draft.key));
      await syncDirectory(this.directory);
      this.#manifests.set(draft.key, manifest);
      return manifest;
    } catch (cause) {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      const message = `checkpoint ${draft.key.slice(0, 12)} could not be written to ${this.directory}: ${messageOf(cause)}`;
      throw new BranchlineError(
        'store',
        { message, remedy: 'Nothing that was there before is lost. Make room and run the same command again.' },
        { cause },
      );
    }
  }

  /**
   * Opens a checkpoint and verifies all its files. A damaged one is set aside under `damaged/`, is missing from then on, and
   * gives a BranchlineError that names the file.
   */
  async open(key: Digest): Promise<CheckpointReader> {
    const manifest = this.#manifests.get(key);
    if (manifest === undefined)
      throw new BranchlineError('store', { message: `there is no checkpoint ${key.slice(0, 12)}` });
    const groups = Object.keys(manifest.files) as TensorGroup[];
    const contents = new Map<TensorGroup, readonly Tensor[]>();
    for (const group of groups) {
      const path = join(this.directory, key, fileOf(group));
      try {
        const file = await readFile(path);
        const sha256 = createHash('sha256').update(file).digest('hex');
        if (sha256 !== manifest.files[group]!.sha256) throw new RangeError('its content is not what was written');
        contents.set(group, decodeSafetensors(file));
      } catch (cause) {
        await this.#setAside(key);
        const message = `${path} is damaged: ${messageOf(cause)}`;
        throw new BranchlineError(
          'damaged',
          { message, remedy: 'It was set aside and will be recomputed.' },
          { cause },
        );
      }
    }
    return { key, groups, step: manifest.optimizerStep, read: async (group) => contents.get(group) ?? [] };
  }

  async delete(key: Digest): Promise<void> {
    if (!this.#manifests.delete(key)) return;
    // Renamed first: a directory that is half deleted must not look like a checkpoint.
    const temporary = join(this.directory, `tmp-deleted-${key.slice(0, 16)}`);
    await rename(join(this.directory, key), temporary);
    await rm(temporary, { recursive: true, force: true });
  }

  async #setAside(key: Digest): Promise<void> {
    this.#manifests.delete(key);
    const aside = join(this.directory, '..', 'damaged');
    await mkdir(aside, { recursive: true });
    for (let attempt = 0; ; attempt++) {
      try {
        await rename(join(this.directory, key), join(aside, attempt === 0 ? key : `${key}.${attempt}`));
        return;
      } catch (error) {
        if (attempt === 100) throw error;
      }
    }
  }
}
