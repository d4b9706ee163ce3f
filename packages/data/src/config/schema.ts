import { BranchlineError, didYouMean } from '@branchline/core';
import { z } from 'zod';
import { isScorer, type Scorer } from '../scorers/define.js';
import { ENCODINGS } from '../tokenizers/tiktoken.js';
import { canonicalNumber } from './canonical-number.js';
import { problemsOf } from './issues.js';
import { parseQuantity } from './quantity.js';

/** A strict object. Its error for unknown keys has one line per key with a remedy (see `problemsOf`). */
export function part<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? [`unknown ${issue.keys.join(', ')}`, ...issue.keys.map((key) => didYouMean(key, Object.keys(shape)))].join(
            '\n',
          )
        : undefined,
  });
}

/** A number, or a string such as `400k` or `600KB`. Its output is the number. */
const quantity = (what: 'bytes' | 'tokens') =>
  z
    .union([z.number(), z.string()], { error: `write a number of ${what}, or for example "400k"` })
    .transform((value, context) => {
      const parsed = parseQuantity(value, what);
      if (parsed !== undefined) return parsed;
      context.addIssue(`"${value}" is not a number of ${what}; write a whole number above 0, or for example "400k"`);
      return z.NEVER;
    });

export const glob = z
  .string()
  .min(1)
  .describe('A file, a folder or a glob, relative to the experiment file. A folder means every file in it.');
const field = (what: string) => z.string().min(1).describe(`Field (JSONL) or column (Parquet) ${what}.`);

/** A version or domain in a list. A number has the name that documents give it: 1.50 is `1.5`. */
const listed = z
  .union([z.string(), z.number()], { error: 'write a text or a number' })
  .transform((value) => (typeof value === 'string' ? value : canonicalNumber(String(value))!));

const share = z.number().min(0).max(1);
const corruption = part({
  share: z
    .union([share, z.tuple([share, share]).refine(([low, high]) => low <= high, { error: 'starts above its end' })], {
      error: 'write a share from 0 to 1, or two of them: [0, 0.6]',
    })
    .transform((value): [number, number] => (typeof value === 'number' ? [value, value] : value))
    .describe('Share of a document that is replaced by noise, or bounds between which it is drawn for each document.'),
})
  .optional()
  .describe(
    'Noise in the training text, which gives documents of known quality for score: "quality". Held-out text stays clean.',
  );

const filesSource = part({
  files: z
    .union([glob, z.array(glob).min(1)], { error: 'name a file, a folder or a glob, or a list of these' })
    .describe(
      'Files to read: a file, a folder, a glob, a URL (http, https, s3), or a list of these; "!glob" in a list excludes files.',
    ),
  format: z
    .enum(['text', 'jsonl', 'parquet'])
    .optional()
    .describe('Format of the files. Default: by extension; files that are neither JSONL nor Parquet are read as text.'),
  domain: z
    .union([
      z.string().min(1),
      part({ by: z.literal('extension').describe('docs, types, source, data or other, by file extension.') }),
    ])
    .optional()
    .describe('Domain of every document of this source. Default: "default".'),
  textField: field('with the text').optional(),
  domainField: field('with the domain of each document').optional(),
  scoreField: field('with the quality score of each document: a number, higher is better').optional(),
  versionField: field('with the version of each document').optional(),
  idField: field('with the id of each document').optional(),
  folderFields: z
    .boolean()
    .optional()
    .describe(
      'Whether folders such as month=2024-01 provide the domain, score, version or id that a document lacks. Default: false, they are only part of the path.',
    ),
  delimiter: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Text that divides text files into documents, for example "<|endoftext|>" or an empty line: "\\n\\n". Default: a file is a document; if the source is one text file, its pieces are documents.',
    ),
  skip: z
    .enum(['bad'], { error: 'write "bad", or leave it out' })
    .optional()
    .describe(
      '"bad" leaves out documents that cannot be read, for example without text, and counts and lists them. Default: they end the preparation.',
    ),
  corrupt: corruption,
}).describe('Files on disk or at a URL.');

// Evaluation text has no version, and it is neither scored nor corrupted.
const { scoreField: _scoreField, versionField: _versionField, corrupt: _corrupt, ...documents } = filesSource.shape;
const similarity = z.number().min(0.3).max(1);

const validationSource = part({
  name: z
    .string({ error: 'give the set a name' })
    .trim()
    .min(1)
    .max(100)
    .describe('Name of the set in tables, claims and tasks.'),
  ...documents,
  near: similarity
    .optional()
    .describe(
      'Similarity from which training documents count as near copies of a document of this set and are removed too: the share of five-word runs that they have in common. Default: only exact copies are removed.',
    ),
  sequences: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Largest number of sequences that releases are evaluated on, spread over the domains. Default: all.'),
}).describe('A validation set: text that is never trained on.');

const lockfileSource = part({
  lockfile: z.string().min(1).describe('Path of a package-lock.json (lockfileVersion 2 or 3) with its node_modules.'),
  packages: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Names of packages to use; "*" matches any characters. Default: all that are the same on every platform.',
    ),
  include: z
    .record(z.string().min(1), z.array(z.string().min(1)).min(1))
    .optional()
    .describe('Globs of each domain, relative to a package. Default: docs, types and source.'),
  exclude: z.array(z.string().min(1)).optional().describe('Globs to exclude, relative to a package.'),
  bytesPerDomain: quantity('bytes').optional().describe('Bytes of text per domain. Default: 600KB.'),
  corrupt: corruption,
}).describe('Documentation, type declarations and source of installed dependencies.');

const source = z
  .union([glob, filesSource, lockfileSource], {
    error: 'write a glob, { files: ... } or { lockfile: "package-lock.json" }',
  })
  .describe('A glob, { files: ... } or { lockfile: "package-lock.json" }.');

const ngramScore = part({
  by: z.literal('ngram').describe('Negative bits per byte under a byte n-gram model.'),
  order: z.number().int().min(1).max(8).default(5).describe('Length of the longest n-grams, in bytes.'),
  sample: quantity('bytes')
    .default(4 * 2 ** 20)
    .describe('Bytes of text that the model is fitted on.'),
  reference: source
    .optional()
    .describe(
      'Text that the model is fitted on. Default: a sample of the first version, or of all text if versions are random.',
    ),
});

const length = z.number().int().min(1).max(8);

const classifierScore = part({
  by: z
    .literal('classifier')
    .describe('Log-odds of the reference over the training text under a linear classifier of byte n-grams.'),
  reference: source.describe('Text that the model is for: documents like these score highest.'),
  ngrams: z
    .tuple([length, length], { error: 'write the shortest and the longest length: [2, 4]' })
    .refine(([shortest, longest]) => shortest <= longest, { error: 'the shortest length is above the longest' })
    .default([2, 4])
    .describe('Lengths of the shortest and the longest n-grams, in bytes.'),
  buckets: z
    .number()
    .int()
    .min(2 ** 10)
    .max(2 ** 22)
    .refine((count) => count < 2 ** 10 || (count & (count - 1)) === 0, {
      error: 'not a power of two; write for example 262144',
    })
    .default(2 ** 18)
    .describe('Number of weights, a power of two; n-grams with the same hash share one.'),
  sample: quantity('bytes')
    .default(4 * 2 ** 20)
    .describe('Bytes of the reference, and of the training text, that the classifier learns from.'),
  epochs: z.number().int().min(1).max(100).default(5).describe('How often each text of the larger sample is visited.'),
});

const tokens = quantity('tokens')
  .optional()
  .describe('Training tokens of each version: exactly floor(tokens / context) sequences. Default: all.');

/** The `data` part of an experiment. */
export const dataSchema = part({
  sources: z
    .union([glob, z.array(source).min(1)], { error: 'write a glob, or a list of sources in [ ]' })
    .describe('Where the text comes from.'),
  versions: z
    .discriminatedUnion(
      'by',
      [
        part({
          by: z
            .literal('random')
            .describe('Documents are dealt at random to versions of equal size and equal domain shares.'),
          count: z.number().int().min(1).max(65535).describe('Number of versions.'),
          tokens,
        }),
        part({
          by: z.literal('field').describe("One version for each value of the sources' versionField."),
          order: z
            .array(listed)
            .min(1)
            .refine((values) => new Set(values).size === values.length, { error: 'lists a value twice' })
            .optional()
            .describe('All values in order of arrival. Default: ascending, as numbers when all are numbers.'),
          period: z
            .enum(['year', 'quarter', 'month', 'day'])
            .optional()
            .describe(
              'Of dates such as 2026-08-15, with or without a time: one version for each period, such as 2026-08 or 2026-Q3.',
            ),
          tokens,
        }),
        part({
          by: z.literal('source').describe('One version for each source, in the order of the list.'),
          tokens,
        }),
        part({
          by: z.literal('domain').describe('Each version has its own domain: a distribution shift.'),
          order: z
            .array(z.union([listed, z.array(listed).min(1)], { error: 'write a domain, or a list of domains' }))
            .min(1)
            .refine((domains) => new Set(domains.flat()).size === domains.flat().length, {
              error: 'lists a domain twice',
            })
            .optional()
            .describe(
              'Domains in order of arrival; a nested list puts several domains into one version. Default: all, ascending.',
            ),
          mix: z
            .number()
            .min(0)
            .max(1)
            .default(0)
            .describe('Share of the documents of each domain that is spread evenly over the other versions.'),
          tokens,
        }),
      ],
      {
        error:
          'say how to divide text into versions: { by: "random", count }, { by: "field" }, { by: "source" } or { by: "domain" }',
      },
    )
    .default({ by: 'random', count: 4 })
    .describe('How text is divided into versions, which arrive one after another.'),
  heldOut: z
    .union([
      z.number().gt(0).max(0.5),
      part({
        share: z.number().gt(0).max(0.5).default(0.08).describe('Share of the documents that are never trained on.'),
        sequences: z
          .number()
          .int()
          .min(1)
          .default(32)
          .describe('Largest number of held-out sequences per version and domain.'),
      }),
    ])
    .default({ share: 0.08, sequences: 32 })
    .transform((value) => (typeof value === 'number' ? { share: value, sequences: 32 } : value))
    .describe('Documents kept for evaluation: a share, or { share, sequences }.'),
  evaluation: z
    .array(validationSource, { error: 'write a list of validation sets in [ ]: { name, files: ... }' })
    .superRefine((sets, context) => {
      for (const [index, { name }] of sets.entries())
        if (sets.findIndex((other) => other.name === name) < index)
          context.addIssue({
            code: 'custom',
            path: [index, 'name'],
            message: `another validation set is called "${name}" too`,
          });
    })
    .optional()
    .describe(
      'Validation sets of your own: every release is evaluated on each of them, under its name. Text that is also in the training data is removed from the training data.',
    ),
  score: z
    .union(
      [
        z.enum(['field', 'diversity', 'quality', 'compression']),
        part({ column: field('with the score, for every source without a scoreField') }),
        z.discriminatedUnion('by', [ngramScore, classifierScore], {
          error: 'by is "ngram" or "classifier"',
        }),
        z
          .looseObject({
            name: z.string().describe('Name of the scorer.'),
            version: z.string().describe('Version of the scorer.'),
          })
          .refine(isScorer, {
            error: 'not a scorer: it needs a name, a version and a function score',
          }) as unknown as z.ZodType<Scorer, Scorer>,
      ],
      {
        error:
          'write "field", "diversity", "quality", "compression", { column }, { by: "ngram" }, { by: "classifier" } or the result of defineScorer',
      },
    )
    .optional()
    .describe(
      'Quality of a document, higher is better: "field" reads scoreField, { column } the same field of every source; "diversity" is the share of distinct byte 4-grams in windows of 1 KiB, low for repetitive text; "compression" is the compression ratio of zlib; { by: "ngram" } is how well a byte n-gram model predicts the text; { by: "classifier" } is how much a linear classifier takes the text for the reference; "quality" is the share of the text that corrupt left unchanged; defineScorer makes a custom scorer. Default: "field" if a source has a scoreField, otherwise no score.',
    ),
  deduplicate: z
    .union(
      [
        z.enum(['exact', 'none']),
        part({
          near: similarity.describe(
            'Similarity from which documents count as near duplicates: the share of five-word runs that they have in common.',
          ),
        }),
      ],
      { error: 'write "exact", "none" or { near: 0.8 }' },
    )
    .default('exact')
    .describe(
      '"exact" keeps one of several documents with the same text; { near: 0.8 } also keeps only one of several near duplicates; "none" keeps all, so the same text can be both trained on and held out.',
    ),
  maxDocumentBytes: quantity('bytes')
    .default(16384)
    .describe('Longer documents are split at line ends into separate documents.'),
  tokenizer: z
    .union(
      [
        z.enum(['bytes']),
        part({
          file: z.string().min(1).describe('A tokenizer.json of Hugging Face, relative to the experiment file.'),
          endOfDocument: z
            .string()
            .min(1)
            .optional()
            .describe(
              'The token appended to every document. Default: eos_token of tokenizer_config.json in the same folder, or a well-known one.',
            ),
        }),
        part({ tiktoken: z.enum(ENCODINGS).describe('An encoding of tiktoken.') }),
      ],
      { error: `write "bytes", { file: "tokenizer.json" } or { tiktoken: "gpt2" }` },
    )
    .default('bytes')
    .describe(
      'Turns text into tokens: "bytes" (256 bytes and an end-of-document token), { file } or { tiktoken }. The model takes its vocabulary from it.',
    ),
  seed: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Seed for choosing held-out documents and for dealing random versions.'),
}).describe('Text, and how it is divided into versions.');

/** The `data` part as the user writes it. */
export type DataConfig = z.input<typeof dataSchema>;
/** The `data` part with all defaults filled in. */
export type DataSettings = z.output<typeof dataSchema>;
/** Bounds of the share of a document that is replaced by noise; the share is drawn uniformly between them. */
export type CorruptShare = readonly [low: number, high: number];
/** A source of files as configured. */
export type FilesSource = z.output<typeof filesSource>;
/** A validation set as configured. */
export type ValidationSource = z.output<typeof validationSource>;
/** A lock file source as configured. */
export type LockfileSource = z.output<typeof lockfileSource>;

/**
 * Checks the `data` part of an experiment and fills in its defaults.
 *
 * @param path Config path of this part, for messages.
 * @throws BranchlineError `config` that lists every problem.
 */
export function parseDataConfig(config: unknown, path = 'data'): DataSettings {
  const result = dataSchema.safeParse(config, { reportInput: true });
  if (result.success) return result.data;
  throw new BranchlineError('config', problemsOf(result.error.issues, path), { cause: result.error });
}
