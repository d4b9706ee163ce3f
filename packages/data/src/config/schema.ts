import { BranchlineError, didYouMean } from '@branchline/core';
import { z } from 'zod';
import { isScorer, type Scorer } from '../scorers/define.js';
import { ENCODINGS } from '../tokenizers/tiktoken.js';
import { problemsOf } from './issues.js';
import { parseQuantity } from './quantity.js';

/** A strict object whose complaint about unknown keys has a remedy for each, in a line of its own. */
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
const quantity = (what: string) =>
  z
    .union([z.number(), z.string()], { error: `write a number of ${what}, or for example "400k"` })
    .transform((value, context) => {
      const parsed = parseQuantity(value);
      if (parsed !== undefined) return parsed;
      context.addIssue(`"${value}" is no number of ${what}; write a whole number above 0, or for example "400k"`);
      return z.NEVER;
    });

export const glob = z
  .string()
  .min(1)
  .describe('A file, a folder or a glob, relative to the experiment file. A folder means every file in it.');
const field = (what: string) => z.string().min(1).describe(`Field (JSONL) or column (Parquet) ${what}.`);

const share = z.number().min(0).max(1);
const corruption = part({
  share: z
    .union([share, z.tuple([share, share]).refine(([low, high]) => low <= high, { error: 'begins above its end' })], {
      error: 'write a share from 0 to 1, or two of them: [0, 0.6]',
    })
    .transform((value): [number, number] => (typeof value === 'number' ? [value, value] : value))
    .describe('Share of a document that is replaced by noise, or the two between which it is drawn for each.'),
})
  .optional()
  .describe(
    'Noise in the training text, so that its quality is known: score: "quality" sorts by it. Held-out text stays clean.',
  );

const filesSource = part({
  files: z
    .union([glob, z.array(glob).min(1)], { error: 'name a file, a folder or a glob, or a list of these' })
    .describe(
      'Files to read: a file, a folder, a glob, an address (http, https, s3), or a list of these; "!glob" in a list takes files out again.',
    ),
  format: z
    .enum(['text', 'jsonl', 'parquet'])
    .optional()
    .describe('How the files are read. Default: by extension; what is neither JSONL nor Parquet is text.'),
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
  versionField: field('that says to which version a document belongs').optional(),
  idField: field('with the name of each document').optional(),
  corrupt: corruption,
}).describe('Files that are on disk.');

const lockfileSource = part({
  lockfile: z.string().min(1).describe('Path of a package-lock.json (lockfileVersion 2 or 3) with its node_modules.'),
  packages: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Names of packages to take; "*" stands for anything. Default: all that are the same on every platform.'),
  include: z
    .record(z.string().min(1), z.array(z.string().min(1)).min(1))
    .optional()
    .describe('Globs of each domain, relative to a package. Default: docs, types and source.'),
  exclude: z.array(z.string().min(1)).optional().describe('Globs to leave out, relative to a package.'),
  bytesPerDomain: quantity('bytes').optional().describe('Bytes of text to take of each domain. Default: 600KB.'),
  corrupt: corruption,
}).describe('Documentation, type declarations and source of installed dependencies.');

const source = z
  .union([glob, filesSource, lockfileSource], {
    error: 'write a glob, { files: ... } or { lockfile: "package-lock.json" }',
  })
  .describe('A glob, { files: ... } or { lockfile: "package-lock.json" }.');

const ngramScore = part({
  by: z.literal('ngram').describe('Minus the bits that a byte costs under a model of byte n-grams.'),
  order: z.number().int().min(1).max(8).default(5).describe('Bytes of the longest n-grams.'),
  sample: quantity('bytes')
    .default(4 * 2 ** 20)
    .describe('Bytes of text that the model is made from.'),
  reference: source.optional().describe('Text that the model is made from. Default: a sample of the training text.'),
});

const tokens = quantity('tokens')
  .optional()
  .describe('Training tokens of each version, exactly floor(tokens / context) sequences. Default: all there are.');

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
          by: z.literal('random').describe('Documents are dealt to versions of equal size and equal domains.'),
          count: z.number().int().min(1).max(65535).describe('Number of versions.'),
          tokens,
        }),
        part({
          by: z.literal('field').describe("One version for each value of the sources' versionField."),
          order: z
            .array(z.string())
            .min(1)
            .refine((values) => new Set(values).size === values.length, { error: 'lists a value twice' })
            .optional()
            .describe('All values in order of arrival. Default: ascending, as numbers when all are numbers.'),
          tokens,
        }),
        part({
          by: z.literal('source').describe('One version for each source, in the order of the list.'),
          tokens,
        }),
        part({
          by: z.literal('domain').describe('Each version brings a domain of its own: text that shifts.'),
          order: z
            .array(z.union([z.string(), z.array(z.string()).min(1)]))
            .min(1)
            .refine((domains) => new Set(domains.flat()).size === domains.flat().length, {
              error: 'lists a domain twice',
            })
            .optional()
            .describe('Domains in order of arrival; a list in it is a version of several. Default: all, ascending.'),
          mix: z
            .number()
            .min(0)
            .max(1)
            .default(0)
            .describe('Share of the documents of each domain that arrive, evenly, in the other versions.'),
          tokens,
        }),
      ],
      {
        error:
          'say how text is divided into versions: { by: "random", count }, { by: "field" }, { by: "source" } or { by: "domain" }',
      },
    )
    .default({ by: 'random', count: 4 })
    .describe('How text is divided into the increments that arrive one after the other.'),
  heldOut: z
    .union([
      z.number().gt(0).max(0.5),
      part({
        share: z.number().gt(0).max(0.5).default(0.08).describe('Share of the documents that is never trained on.'),
        sequences: z
          .number()
          .int()
          .min(1)
          .default(32)
          .describe('Largest number of held-out sequences of one version and domain.'),
      }),
    ])
    .default({ share: 0.08, sequences: 32 })
    .transform((value) => (typeof value === 'number' ? { share: value, sequences: 32 } : value))
    .describe('Documents kept for evaluation: a share, or { share, sequences }.'),
  score: z
    .union(
      [
        z.enum(['field', 'diversity', 'quality', 'compression']),
        part({ column: field('with the score in every source that names no scoreField') }),
        ngramScore,
        z
          .looseObject({ name: z.string().describe('Of the scorer.'), version: z.string().describe('Of the scorer.') })
          .refine(isScorer, {
            error: 'no scorer: it needs a name, a version and a function score',
          }) as unknown as z.ZodType<Scorer, Scorer>,
      ],
      {
        error:
          'write "field", "diversity", "quality", "compression", { column }, { by: "ngram" } or what defineScorer returns',
      },
    )
    .optional()
    .describe(
      'Quality of a document, higher is better: "field" reads scoreField, { column } the same field of every source; "diversity" is the share of distinct byte 4-grams in windows of 1 KiB, low for repetitive text; "compression" is how much shorter zlib makes it; { by: "ngram" } is how well a model of byte n-grams predicts it; "quality" is the share that corrupt has left as it was; a scorer of your own comes from defineScorer. Default: "field" when a source has a scoreField, else no score.',
    ),
  deduplicate: z
    .union(
      [
        z.enum(['exact', 'none']),
        part({
          near: z
            .number()
            .min(0.3)
            .max(1)
            .describe('Share of their runs of five words that documents have in common when one of them is kept.'),
        }),
      ],
      { error: 'write "exact", "none" or { near: 0.8 }' },
    )
    .default('exact')
    .describe(
      '"exact" keeps one of several documents with the same text; { near: 0.8 } also one of several that are nearly the same; "none" keeps all, and then the same text can be both trained on and held out.',
    ),
  maxDocumentBytes: quantity('bytes')
    .default(16384)
    .describe('Longer documents are split at line ends into documents of their own.'),
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
              'The token behind every document. Default: what tokenizer_config.json beside it says, or a known one.',
            ),
        }),
        part({ tiktoken: z.enum(ENCODINGS).describe('An encoding of tiktoken.') }),
      ],
      { error: `write "bytes", { file: "tokenizer.json" } or { tiktoken: "gpt2" }` },
    )
    .default('bytes')
    .describe(
      'Turns text into tokens: "bytes" (the 256 bytes and one end-of-document token), { file } or { tiktoken }. A part of the corpus, as the model must fit it.',
    ),
  seed: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Decides which documents are held out and how versions are dealt at random.'),
}).describe('Text, and how it is divided into versions.');

/** What a person writes. */
export type DataConfig = z.input<typeof dataSchema>;
/** The same with every default filled in. */
export type DataSettings = z.output<typeof dataSchema>;
/** Bounds of the share of a document that is replaced by noise; the share is drawn uniformly between them. */
export type CorruptShare = readonly [low: number, high: number];
/** A source of files as configured. */
export type FilesSource = z.output<typeof filesSource>;
/** A lock file source as configured. */
export type LockfileSource = z.output<typeof lockfileSource>;

/**
 * Checks the `data` part of an experiment and fills in its defaults.
 *
 * @param path Where the part is in the experiment, for messages.
 * @throws BranchlineError `config` with every problem at once.
 */
export function parseDataConfig(config: unknown, path = 'data'): DataSettings {
  const result = dataSchema.safeParse(config, { reportInput: true });
  if (result.success) return result.data;
  throw new BranchlineError('config', problemsOf(result.error.issues, path), { cause: result.error });
}
