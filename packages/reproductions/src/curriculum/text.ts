/** The texts of the curriculum paper: what is trained on, what scores it, and what it is evaluated on. */
import { BranchlineError, type DomainRanking } from '@branchline/core';
import type { DataConfig } from '@branchline/data';
import type { Metric } from '@branchline/evaluation';
import type { Size, Text } from '../paper/definition.js';
import { INCLUDE } from '../paper/installed.js';

/** Text with scores, and the loss that its experiments compare. */
export interface ScoredText extends Text {
  readonly score: NonNullable<DataConfig['score']>;
  /** Validation sets; none: releases are compared on held-out text of the sources. */
  readonly evaluation?: NonNullable<DataConfig['evaluation']>;
  readonly metric: Metric;
  /** How orders rank several domains: together if a score means the same in all of them. */
  readonly domains: DomainRanking;
  /** Losses whose mean is that on text that the model is not for. */
  readonly elsewhere: Elsewhere;
}

/** Text that the model is not for. */
export interface Elsewhere {
  /** For heads of tables. */
  readonly label: string;
  /** The loss is the mean of these. */
  readonly metrics: readonly Metric[];
}

/** The texts of all experiments of the decoder. */
export interface CurriculumTexts {
  /** Scored by a classifier of what the model is for, and evaluated on text of that kind. */
  readonly scored: ScoredText;
  /** The same text with scores that say nothing about it. */
  readonly compression: ScoredText;
  readonly ngram: ScoredText;
  /** Text of known quality: random bytes replace a random share of each document. */
  readonly noise: ScoredText;
}

/** Paths of a user's own text. */
export interface OwnText {
  readonly sources: readonly string[];
  /** Text that the model is for; the classifier learns from it. */
  readonly reference: readonly string[];
  /** Other text of that kind, which releases are compared on. */
  readonly target: readonly string[];
}

/** Name of the validation set. */
export const TARGET = 'target';

/**
 * Documentation, source, types and JSON of these packages are trained on. The lists are fixed, so that a new dependency
 * does not change results. No package is in two lists.
 */
const POOL = [
  ...['@babel/*', '@clack/prompts', '@duckdb/node-api', '@eslint/*', '@microsoft/*', '@nx/*', '@rushstack/*'],
  ...['@tensorflow/*', '@typescript-eslint/*', '@vitest/*', 'cli-table3', 'd3-*', 'eslint', 'eventemitter3'],
  ...['fast-check', 'form-data', 'mime-db', 'playwright-core', 'proper-lockfile', 'semver', 'tsyringe', 'typescript'],
  ...['typescript-eslint', 'vite', 'vitest', 'yaml', 'yargs', 'yargs-parser', 'zod'],
];

/** Their documentation teaches the classifier what the model is for. */
const REFERENCE = [
  ...['@cacheable/*', 'ajv', 'axios', 'bl', 'cacheable', 'debug', 'diff', 'dotenv', 'expect-type', 'fast-uri'],
  ...['file-entry-cache', 'function-bind', 'get-intrinsic', 'hashery', 'hookified', 'ignore', 'is-core-module', 'keyv'],
  ...['lunr', 'minimist', 'node-fetch', 'picomatch', 'qified', 'resolve.exports', 'safe-buffer', 'source-map'],
  ...['source-map-js', 'tinybench', 'tsconfig-paths', 'type-fest'],
];

/** Their documentation is what the model is for. */
const EVALUATED = [
  ...['acorn', 'buffer', 'chalk', 'cosmiconfig', 'ejs', 'fs-extra', 'jsesc', 'json5', 'jsonc-parser', 'magic-string'],
  ...['markdown-it', 'minimatch', 'optionator', 'protobufjs', 'tmp'],
];

/**
 * Lists of commits and terms are not what documentation is for. They are so uniform that a classifier which has seen
 * some ranks them above all documentation, and an ascending order would end with hardly anything else.
 */
const EXCLUDE = ['**/CHANGELOG*', '**/HISTORY*', '**/History*', '**/LICENSE*', '**/ThirdParty*'];

/** Sequences of the target that every release is evaluated on, at most. */
const SEQUENCES = 400;

/** Text of installed packages, or a user's own. */
export function curriculumTexts(size: Size, own: OwnText | undefined): CurriculumTexts {
  const source = own === undefined ? installed(size) : { files: [...own.sources] };
  const reference = own === undefined ? documentation() : { files: [...own.reference] };
  const target = own === undefined ? documentationOf(EVALUATED) : [...own.target];
  const sources = [source];
  const elsewhere: Elsewhere =
    own === undefined
      ? { label: 'source, types and JSON', metrics: ['source', 'types', 'data'].map((domain) => ({ domain })) }
      : { label: 'held-out text', metrics: ['loss'] };
  const onTarget: Omit<ScoredText, 'score' | 'domains'> = {
    sources,
    elsewhere,
    evaluation: [{ name: TARGET, files: target, sequences: SEQUENCES }],
    metric: { validation: TARGET, by: 'loss' },
  };
  return {
    scored: { ...onTarget, score: { by: 'classifier', reference }, domains: 'together' },
    // The scales of these two differ by domain.
    compression: { ...onTarget, score: 'compression', domains: 'separate' },
    ngram: { ...onTarget, score: { by: 'ngram' }, domains: 'separate' },
    noise: {
      sources: sources.map((one) => ({ ...one, corrupt: { share: [0, 0.6] as [number, number] } })),
      score: 'quality',
      metric: 'loss',
      domains: 'together',
      elsewhere: { label: 'held-out text', metrics: ['loss'] },
    },
  };
}

/**
 * The user's own text; undefined if there is none.
 *
 * @throws BranchlineError `config` if some of the three are given, but not all.
 */
export function ownText(given: { readonly [Key in keyof OwnText]: OwnText[Key] | undefined }): OwnText | undefined {
  const { sources, reference, target } = given;
  if (sources !== undefined && reference !== undefined && target !== undefined) return { sources, reference, target };
  const options = { '--data': sources, '--reference': reference, '--target': target };
  const missing = Object.entries(options).flatMap(([option, paths]) => (paths === undefined ? [option] : []));
  if (missing.length === 3) return undefined;
  throw new BranchlineError('config', {
    message: `your own text needs --data, --reference and --target, but ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    remedy:
      '--data is trained on; --reference is text that the model is for, which scores --data; ' +
      '--target is other text of that kind, which releases are compared on.',
  });
}

function installed(size: Size) {
  const bytesPerDomain = size === 'quick' ? '400KB' : '1200KB';
  return { lockfile: 'package-lock.json', packages: POOL, include: INCLUDE, exclude: EXCLUDE, bytesPerDomain };
}

function documentation() {
  return { lockfile: 'package-lock.json', packages: REFERENCE, include: { docs: ['*.md'] }, exclude: EXCLUDE };
}

const documentationOf = (packages: readonly string[]) => [
  `node_modules/{${packages.join()}}/*.md`,
  ...EXCLUDE.map((glob) => `!${glob}`),
];
