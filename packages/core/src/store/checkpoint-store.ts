/**
 * Stores checkpoints by state key: one directory each, with a safetensors file per tensor group and a manifest.
 * Directories are renamed into place, so each is complete or absent. Every file is verified by digest when it is read.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, messageOf } from '../errors.js';
import { setAside } from '../files/damaged.js';
import { describeDiskError } from '../files/disk-errors.js';
import { syncDirectory, writeFileAtomic, writeSynced } from '../files/durable.js';
import { makeFolder } from '../files/make-folder.js';
import { type Digest, digestJson, isDigest, type JsonValue, parseStored } from '../json.js';
import { type Fence, NO_FENCE } from '../lock/fence.js';
import type { CheckpointReader, CheckpointWriter, Tensor, TensorGroup } from '../trainer/trainer.js';
import { bytesOf, isManifest, type Manifest, type ManifestDraft, type StoredFile, seal } from './manifest.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** A checkpoint with an unusable manifest. */
export interface DamagedCheckpoint {
  readonly key: Digest;
  readonly message: string;
}

const MANIFEST = 'manifest.json';

const fileOf = (group: TensorGroup) => (group === 'weights' ? 'model.safetensors' : 'optimizer.safetensors');

export class CheckpointStore {
  readonly #manifests = new Map<Digest, Manifest>();
  /** Checkpoints that were found damaged and set aside since the store was opened. */
  readonly #damaged = new Map<Digest, BranchlineError>();

  private constructor(
    private readonly directory: string,
    private readonly fence: Fence = NO_FENCE,
    private readonly below: readonly CheckpointStore[] = [],
    private readonly isReadOnly = false,
  ) {}

  /**
   * Opens a store, created if missing. Removes leftovers of interrupted writes. Unreadable manifests are set aside
   * under `damaged/` and reported to `onDamage`; their states count as missing. `below`: stores whose checkpoints are
   * read where this one lacks them; they are never changed.
   */
  static async open(
    directory: string,
    onDamage: (message: string) => void,
    fence?: Fence,
    below?: readonly CheckpointStore[],
  ): Promise<CheckpointStore> {
    await makeFolder(directory);
    const store = new CheckpointStore(directory, fence, below);
    for (const name of (await readdir(directory)).sort()) {
      if (name.startsWith('tmp-')) await rm(join(directory, name), { recursive: true, force: true });
      if (!isDigest(name)) continue;
      const wrong = await store.#load(name);
      if (wrong === undefined) continue;
      await store.#setAside(name);
      onDamage(`manifest of checkpoint ${name.slice(0, 12)} ${wrong}; it was set aside and will be recomputed`);
    }
    return store;
  }

  /**
   * Opens a store read-only, even while another process writes to it. Returns all damaged manifests. A missing store is
   * empty.
   */
  static async look(directory: string): Promise<{ store: CheckpointStore; damaged: readonly DamagedCheckpoint[] }> {
    const store = new CheckpointStore(directory, NO_FENCE, [], true);
    const damaged: DamagedCheckpoint[] = [];
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const key of names.filter(isDigest).sort()) {
      const message = await store.#load(key);
      if (message !== undefined) damaged.push({ key, message: `its manifest ${message}` });
    }
    return { store, damaged };
  }

  /** Verifies every file of a checkpoint by digest. Returns what is wrong, or undefined; changes nothing. */
  async verify(key: Digest): Promise<string | undefined> {
    const manifest = this.#manifests.get(key)!;
    for (const group of Object.keys(manifest.files) as TensorGroup[]) {
      try {
        await readGroup(this.directory, manifest, group);
      } catch (cause) {
        const missing = (cause as { code?: string }).code === 'ENOENT';
        return `${fileOf(group)} ${missing ? 'is missing' : `is damaged: ${messageOf(cause)}`}`;
      }
    }
    return undefined;
  }

  /**
   * Reads one manifest. Returns what is wrong with it, or undefined; throws when the file exists but cannot be read.
   */
  async #load(key: Digest): Promise<string | undefined> {
    let manifest: Manifest;
    try {
      manifest = parseStored(await readFile(join(this.directory, key, MANIFEST), 'utf8')) as Manifest;
    } catch (error) {
      if (error instanceof SyntaxError) return 'is not JSON';
      if ((error as { code?: string }).code === 'ENOENT') return 'is missing';
      throw error;
    }
    if (!isManifest(manifest) || manifest.key !== key) return 'does not belong to this checkpoint';
    const { digest, ...body } = manifest;
    if (digestJson(body as unknown as JsonValue) !== digest) return 'was altered';
    this.#manifests.set(key, manifest);
    return undefined;
  }

  has(key: Digest): boolean {
    return this.manifest(key) !== undefined;
  }

  /** Whether a checkpoint is in this store itself, and can be deleted. */
  owns(key: Digest): boolean {
    return this.#manifests.has(key);
  }

  /** The manifest of a stored checkpoint; undefined if missing. */
  manifest(key: Digest): Manifest | undefined {
    return this.#manifests.get(key) ?? this.#holderBelow(key)?.manifest(key);
  }

  /** Total bytes of all checkpoints of this store itself. */
  get bytes(): number {
    return [...this.#manifests.values()].reduce((sum, manifest) => sum + bytesOf(manifest), 0);
  }

  /** All manifests, sorted by key. */
  list(): readonly Manifest[] {
    const below = this.below.flatMap((store) => store.list());
    const manifests = new Map([...below, ...this.#manifests.values()].map((manifest) => [manifest.key, manifest]));
    return [...manifests.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #holderBelow(key: Digest): CheckpointStore | undefined {
    return this.below.find((store) => store.has(key));
  }

  /**
   * Takes over a checkpoint of another store, by hard links where the file system has them. The other store keeps it.
   * A rolling state that is permanent there becomes so here.
   */
  async adopt(other: CheckpointStore, key: Digest): Promise<void> {
    const manifest = other.#manifests.get(key)!;
    if (this.owns(key)) {
      if (manifest.rolling === undefined) await this.keep(key);
      return;
    }
    const temporary = join(this.directory, `tmp-${key.slice(0, 16)}-${process.pid}`);
    await rm(temporary, { recursive: true, force: true });
    await makeFolder(temporary);
    for (const name of [MANIFEST, ...(Object.keys(manifest.files) as TensorGroup[]).map(fileOf)]) {
      const [from, to] = [join(other.directory, key, name), join(temporary, name)] as const;
      await link(from, to).catch(async () => {
        await copyFile(from, to);
        await syncAndHash(to);
      });
    }
    await syncDirectory(temporary);
    this.fence();
    await rename(temporary, join(this.directory, key));
    await syncDirectory(this.directory);
    this.#manifests.set(key, manifest);
    this.#damaged.delete(key);
  }

  /**
   * Writes a checkpoint. It is durable when the promise resolves; nothing is visible when it rejects. An existing
   * checkpoint with the same key is kept unchanged.
   */
  async write(draft: ManifestDraft, fill: (writer: CheckpointWriter) => Promise<void>): Promise<Manifest> {
    const existing = this.#manifests.get(draft.key);
    if (existing !== undefined) return existing;
    const temporary = join(this.directory, `tmp-${draft.key.slice(0, 16)}-${process.pid}`);
    const files: Partial<Record<TensorGroup, StoredFile>> = {};
    const unwritten = (cause: unknown): BranchlineError => {
      const described = describeDiskError(cause);
      const message = `checkpoint ${draft.key.slice(0, 12)} could not be written to ${this.directory}: ${described?.what ?? messageOf(cause)}`;
      const remedy =
        described?.remedy ?? 'Everything stored before is safe. Free disk space and run the same command again.';
      return new BranchlineError('store', { message, remedy }, { cause });
    };
    try {
      await makeFolder(temporary);
      await fill({
        write: async (group, tensors) => {
          const chunks = encodeSafetensors(tensors);
          const hash = createHash('sha256');
          for (const chunk of chunks) hash.update(chunk);
          // The trainer calls this, but errors of the file system must not be reported as errors of the trainer.
          await writeSynced(join(temporary, fileOf(group)), chunks).catch((cause: unknown) => {
            throw unwritten(cause);
          });
          const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
          files[group] = { bytes, sha256: hash.digest('hex') };
        },
        writeFile: async (group, write) => {
          const path = join(temporary, fileOf(group));
          await write(path);
          files[group] = await syncAndHash(path).catch((cause: unknown) => {
            throw unwritten(cause);
          });
        },
      });
      const manifest = seal({ format: 1, ...draft, files });
      await writeSynced(join(temporary, MANIFEST), [Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)]);
      await syncDirectory(temporary);
      // Writing a large checkpoint takes long enough to lose the lock.
      this.fence();
      await rename(temporary, join(this.directory, draft.key));
      await syncDirectory(this.directory);
      this.#manifests.set(draft.key, manifest);
      this.#damaged.delete(draft.key);
      return manifest;
    } catch (cause) {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      throw cause instanceof BranchlineError ? cause : unwritten(cause);
    }
  }

  /** Makes a rolling state permanent. */
  async keep(key: Digest): Promise<void> {
    const manifest = this.#manifests.get(key);
    if (!manifest?.rolling) return;
    const { rolling: _, digest: __, ...body } = manifest;
    const kept = seal(body);
    this.fence();
    await writeFileAtomic(join(this.directory, key, MANIFEST), `${JSON.stringify(kept, null, 2)}\n`);
    this.#manifests.set(key, kept);
  }

  /**
   * Opens a checkpoint: verifies the digests of the given groups (default all). A damaged checkpoint is set aside under
   * `damaged/`, counts as missing from then on, and gives a BranchlineError with code `damaged` that names the file. A
   * store that is only looked at leaves it where it is.
   */
  async open(key: Digest, groups?: readonly TensorGroup[]): Promise<CheckpointReader> {
    const manifest = this.#manifests.get(key);
    const holder = manifest === undefined ? this.#holderBelow(key) : undefined;
    if (holder !== undefined) return holder.open(key, groups);
    if (manifest === undefined) {
      const message = `there is no checkpoint ${key.slice(0, 12)}`;
      throw this.#damaged.get(key) ?? new BranchlineError('store', { message });
    }
    const there = Object.keys(manifest.files) as TensorGroup[];
    const wanted = there.filter((group) => groups?.includes(group) ?? true);
    const path = (group: TensorGroup) => join(this.directory, key, fileOf(group));
    for (const group of wanted) {
      await this.#intact(manifest, group, async () => {
        const { sha256 } = await hashOf(path(group));
        if (sha256 !== manifest.files[group]!.sha256) throw new RangeError(NOT_WRITTEN);
      });
    }
    const read = async (group: TensorGroup) =>
      wanted.includes(group) ? this.#intact(manifest, group, () => readGroup(this.directory, manifest, group)) : [];
    return { key, groups: wanted, step: manifest.optimizerStep, read, file: path };
  }

  /** Reads a file of a checkpoint. Sets the checkpoint aside when the file is damaged or missing. */
  async #intact<T>(manifest: Manifest, group: TensorGroup, read: () => Promise<T>): Promise<T> {
    const { key } = manifest;
    const path = join(this.directory, key, fileOf(group));
    try {
      return await read();
    } catch (cause) {
      // Another reader may have found it damaged at the same time.
      const known = this.#damaged.get(key);
      if (known !== undefined) throw known;
      const missing = (cause as { code?: string }).code === 'ENOENT';
      if (!missing && !(cause instanceof RangeError)) {
        throw new BranchlineError('store', { message: `${path} cannot be read: ${messageOf(cause)}` }, { cause });
      }
      const message = `${path} is damaged: ${missing ? 'it is missing' : messageOf(cause)}`;
      const remedy = this.isReadOnly
        ? 'branchline store verify says what else is, and --set-aside there makes the next run train it again.'
        : 'It was set aside and will be recomputed.';
      const damaged = new BranchlineError('damaged', { message, remedy }, { cause });
      this.#damaged.set(key, damaged);
      if (!this.isReadOnly) await this.#setAside(key);
      throw damaged;
    }
  }

  async delete(key: Digest): Promise<void> {
    this.fence();
    if (!this.#manifests.delete(key)) return;
    // Renamed first, so that a partly deleted directory does not look like a checkpoint.
    const temporary = join(this.directory, `tmp-deleted-${key.slice(0, 16)}`);
    await rename(join(this.directory, key), temporary);
    await rm(temporary, { recursive: true, force: true });
  }

  async #setAside(key: Digest): Promise<void> {
    this.#manifests.delete(key);
    await setAside(join(this.directory, key), join(this.directory, '..', 'damaged'));
  }
}

const NOT_WRITTEN = 'its content is not what was written';

/** Size and digest of a file, read in pieces: it can be larger than the memory. */
async function hashOf(path: string): Promise<StoredFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Waits until a file is on disk. Returns its size and digest. */
async function syncAndHash(path: string): Promise<StoredFile> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return hashOf(path);
}

/** Reads the tensors of one file. Throws a RangeError when its content is not what was written. */
async function readGroup(directory: string, { key, files }: Manifest, group: TensorGroup): Promise<readonly Tensor[]> {
  const file = await readWhole(join(directory, key, fileOf(group)));
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (sha256 !== files[group]!.sha256) throw new RangeError(NOT_WRITTEN);
  return decodeSafetensors(file);
}

/** Reads a whole file, including files above the 2 GiB limit of `readFile`. */
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      const { bytesRead } = await file.read(bytes, done, Math.min(size - done, 1 << 30), done);
      if (bytesRead === 0) throw new RangeError('it was truncated while being read');
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
