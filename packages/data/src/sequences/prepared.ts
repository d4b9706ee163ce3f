import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  BranchlineError,
  CONTENT_BYTES,
  canonicalJson,
  type DataProvider,
  type Digest,
  digestBytes,
  digestJson,
  type EvaluationSet,
  type JsonValue,
  type MaterializedOrder,
  type OrderBy,
  type OrderRequest,
  type TokenizerInfo,
  type TokenRange,
  type ValidationSet,
  type VersionInfo,
} from '@branchline/core';
import type { ClassifierFigures } from '../scorers/classifier-figures.js';
import type { Skipped } from '../sources/bad-documents.js';
import type { SkippedFile } from '../sources/find-sources.js';
import type { Split } from '../splits/split.js';
import { byText } from '../storage/files.js';
import { IntegerFiles } from '../storage/integers.js';
import { lastAtMost } from '../storage/search.js';
import { groupsOf, type Manifest, type Shard, type StoredGroup, type TextAccount } from './manifest.js';
import { arrange, type OrderSource, selectIds } from './order.js';
import { shardFile } from './shards.js';

/** A version's training text, with more detail than `VersionInfo`. */
export interface DataVersion extends VersionInfo {
  /** Number of documents, after splitting, that the sequences were chosen from. */
  readonly documents: number;
  /** Bytes of text of the tokens. */
  readonly bytes: number;
  /** Domains that have training text in this version. */
  readonly domains: readonly { readonly name: string; readonly sequences: number }[];
}

/** Properties of a sequence. */
export interface SequenceInfo {
  /** From 1; 0 in a validation set. */
  readonly version: number;
  readonly domain: string;
  readonly split: Split;
  /** Absent in a corpus without scores. */
  readonly score?: number;
}

/** A prepared corpus: token shards on disk, verified on opening. */
export class PreparedData implements DataProvider, OrderSource {
  /** Digest of everything that training and evaluation can read: tokens, scores, versions, domains and context. */
  readonly digest: Digest;
  readonly context: number;
  readonly vocabulary: number;
  readonly tokenizer: TokenizerInfo;
  readonly versions: readonly DataVersion[];
  /** Domains of all versions, by name. */
  readonly domains: readonly string[];
  readonly scored: boolean;
  /** Training sequences of each version and domain, in the order of their ids. */
  readonly groups: readonly StoredGroup[];
  /** Training, held-out and validation sequences together: ids are 0 to `sequences - 1`. */
  readonly sequences: number;
  /** Where the text went that was read. */
  readonly account: TextAccount;
  /** How well the classifier tells the reference from the text; undefined with another score. */
  readonly classifier: ClassifierFigures | undefined;
  /** Folder of the corpus: it holds the manifest, which lists the shards. */
  readonly directory: string;
  /** Files that list the documents, a JSON line for each with its split and version: by split and version. */
  readonly documentFiles: readonly string[];
  /** Documents that could not be read and were left out, because their source has `skip: 'bad'`. */
  readonly skipped: readonly Skipped[];

  readonly #manifest: Manifest;
  readonly #groups: readonly StoredGroup[];
  readonly #cacheDirectory: string;
  readonly #scores: Float64Array;
  #ranks: Float64Array | undefined;
  readonly #tokens: IntegerFiles;
  /** The first sequence of each file of tokens. */
  readonly #firsts: Float64Array;
  #contents: Uint8Array | undefined;
  readonly #orders = new Map<string, MaterializedOrder>();

  /** Does not verify the files: use `prepareData`. */
  constructor(
    directory: string,
    cacheDirectory: string,
    manifest: Manifest,
    tokenizer: TokenizerInfo,
    /** Files of folders and globs that were left out: they are no text, or empty. */
    readonly skippedFiles: readonly SkippedFile[] = [],
  ) {
    const { content } = manifest;
    const { parts } = content;
    this.#manifest = manifest;
    this.#groups = groupsOf(parts);
    this.#cacheDirectory = cacheDirectory;
    this.directory = directory;
    this.documentFiles = manifest.documents.map((shard) => shardFile(cacheDirectory, shard));
    this.account = manifest.account;
    this.classifier = manifest.classifier;
    this.skipped = manifest.skipped ?? [];
    this.digest = manifest.digest;
    this.context = content.context;
    this.vocabulary = content.vocabulary;
    this.tokenizer = tokenizer;
    this.scored = parts[0]!.scores !== null;
    this.groups = this.#groups.filter(({ split }) => split === 'train');
    const ofVersions = this.#groups.filter(({ split }) => split !== 'validation');
    this.domains = [...new Set(ofVersions.map(({ domain }) => domain))].sort(byText);
    this.sequences = this.#groups.reduce((sum, { count }) => sum + count, 0);
    this.versions = content.versions.map((name, index) => this.#describe(index + 1, name));
    this.#scores = scoresIn(this.#read(parts.flatMap(({ scores }) => (scores ? [scores] : []))));
    const shards = parts.flatMap(({ tokens }) => tokens);
    this.#tokens = new IntegerFiles(
      shards.map((shard) => shardFile(cacheDirectory, shard)),
      content.width,
    );
    let first = 0;
    this.#firsts = Float64Array.from(shards, ({ bytes }) => {
      first += bytes / ((content.context + 1) * content.width);
      return first - bytes / ((content.context + 1) * content.width);
    });
  }

  /** The contents of shards, one after another. */
  #read(shards: readonly Shard[]): Buffer {
    return Buffer.concat(shards.map((shard) => readFileSync(shardFile(this.#cacheDirectory, shard))));
  }

  #describe(index: number, name: string): DataVersion {
    const groups = this.groups.filter(({ version }) => version === index);
    const sum = (of: (group: StoredGroup) => number) => groups.reduce((all, group) => all + of(group), 0);
    const sequences = sum(({ count }) => count);
    return {
      index,
      name,
      sequences,
      tokens: sequences * this.context,
      documents: sum(({ documents }) => documents),
      bytes: sum(({ bytes }) => bytes),
      domains: groups.map(({ domain, count }) => ({ name: domain, sequences: count })),
    };
  }

  /** The score of a sequence; 0 in a corpus without scores. */
  score(id: number): number {
    return this.#scores[id] ?? 0;
  }

  /** Properties of a sequence. Throws a RangeError for an unknown id. */
  sequence(id: number): SequenceInfo {
    const group = this.#groups.find(({ first, count }) => id >= first && id < first + count);
    if (!group || !Number.isInteger(id)) throw new RangeError(`there is no sequence ${id} of ${this.sequences}`);
    const { version, domain, split } = group;
    return { version, domain, split, ...(this.scored ? { score: this.#scores[id]! } : {}) };
  }

  /** Token ids, `ids.length x (context + 1)`, row-major. Throws a RangeError for an unknown id. */
  read(ids: Uint32Array): Int32Array {
    const length = this.context + 1;
    const tokens = new Int32Array(ids.length * length);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      if (id >= this.sequences) throw new RangeError(`there is no sequence ${id} of ${this.sequences}`);
      const shard = lastAtMost(this.#firsts, id);
      tokens.set(this.#readTokens(id, shard, length), row * length);
    }
    return tokens;
  }

  #readTokens(id: number, shard: number, length: number): ArrayLike<number> {
    try {
      return this.#tokens.read(shard, (id - this.#firsts[shard]!) * length, length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new BranchlineError('damaged', {
        message: `sequence ${id} is incomplete: ${error.message}`,
        remedy: 'Run the same command again: the corpus is verified and rebuilt.',
      });
    }
  }

  /** The files of tokens. */
  get files(): readonly TokenRange[] {
    const { width, parts } = this.#manifest.content;
    const shards = parts.flatMap(({ tokens }) => tokens);
    return shards.map((shard, index) => ({
      path: path.resolve(shardFile(this.#cacheDirectory, shard)),
      offset: 0,
      first: this.#firsts[index]!,
      count: shard.bytes / ((this.context + 1) * width),
      width,
    }));
  }

  /**
   * Materializes an order of training sequences. The same corpus and request give the same ids on every machine. The
   * returned ids are cached and shared: do not modify them.
   *
   * @throws BranchlineError for a sorted order of a corpus without scores, and for sequences that do not exist.
   */
  order(request: OrderRequest): MaterializedOrder {
    const key = canonicalJson(request as unknown as JsonValue);
    const known = this.#orders.get(key);
    if (known) return known;
    const order = this.reorder(selectIds(request, this), request.order, request.seed);
    this.#orders.set(key, order);
    return order;
  }

  /**
   * Orders the given training sequences; equal to `order` for a request that selects them.
   *
   * @throws BranchlineError for a sorted order of a corpus without scores; RangeError for ids that are not training
   * sequences.
   */
  reorder(ids: Uint32Array, order: OrderBy, seed: number): MaterializedOrder {
    const arranged = arrange(ids, order, seed, this);
    const bytes = Buffer.alloc(arranged.length * 4);
    for (const [index, id] of arranged.entries()) bytes.writeUInt32LE(id, index * 4);
    return { digest: digestBytes(bytes), ids: arranged };
  }

  /** By score; equal scores by id. Throws a RangeError in a corpus without scores. */
  ranks(ids: Uint32Array): Float64Array {
    if (!this.scored) throw new RangeError('the corpus has no scores');
    this.#ranks ??= this.#ranksOfAll();
    return Float64Array.from(ids, (id) => this.#ranks![id]!);
  }

  #ranksOfAll(): Float64Array {
    const ranks = new Float64Array(this.sequences);
    for (const { index } of this.versions) {
      const own = this.groups.filter(({ version }) => version === index);
      const ids = own.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at));
      ids.sort((a, b) => this.#scores[a]! - this.#scores[b]! || a - b);
      for (const [rank, id] of ids.entries()) ranks[id] = ids.length === 1 ? 1 : rank / (ids.length - 1);
    }
    return ranks;
  }

  contentOf(ids: Uint32Array): Uint8Array {
    this.#contents ??= this.#read(this.#manifest.content.parts.map(({ contents }) => contents));
    const found = new Uint8Array(ids.length * CONTENT_BYTES);
    for (let row = 0; row < ids.length; row++) {
      const begin = ids[row]! * CONTENT_BYTES;
      for (let i = 0; i < CONTENT_BYTES; i++) found[row * CONTENT_BYTES + i] = this.#contents[begin + i]!;
    }
    return found;
  }

  /** The held-out sequences of each version, by domain. */
  evaluationSets(): readonly EvaluationSet[] {
    const heldOut = this.#groups.filter(({ split }) => split === 'held-out');
    const versions = [...new Set(heldOut.map(({ version }) => version))];
    return versions.map((version) => {
      const { parts, content } = this.#evaluationParts(heldOut.filter((group) => group.version === version));
      return { digest: digestJson({ heldOut: content }), parts };
    });
  }

  /** The validation sets in the order of the settings, by domain. */
  validationSets(): readonly ValidationSet[] {
    const validation = this.#groups.filter(({ split }) => split === 'validation');
    return [...new Set(validation.map(({ set }) => set!))].map((name) => {
      const { parts, content } = this.#evaluationParts(validation.filter(({ set }) => set === name));
      const { documents, bytes } = this.account.removedBySet!.find((set) => set.name === name)!;
      return { digest: digestJson({ validation: name, content }), name, parts, removed: { documents, bytes } };
    });
  }

  #evaluationParts(groups: readonly StoredGroup[]) {
    const parts = groups.map(({ version, domain, first, count, bytes }) => ({
      version,
      domain,
      sequences: Uint32Array.from({ length: count }, (_, index) => first + index),
      bytes,
    }));
    const content = parts.map(({ sequences, ...part }) => ({
      ...part,
      content: digestBytes(this.contentOf(sequences)),
    }));
    return { parts, content };
  }

  /** Closes the shard files. `read` throws afterwards; everything else still works. */
  close(): void {
    this.#tokens.close();
  }
}

function scoresIn(bytes: Buffer): Float64Array {
  return Float64Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readDoubleLE(index * 8));
}
