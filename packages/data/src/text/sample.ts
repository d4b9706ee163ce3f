/** Samples of files, kept in the cache. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { digestBytes, type Problem } from '@branchline/core';
import { type Period, periodOf } from '../config/period.js';
import type { DataSettings } from '../config/schema.js';
import { failOn } from '../errors.js';
import type { SampledText } from '../scorers/define.js';
import { EarliestSample, storedSampleSchema } from '../scorers/earliest-sample.js';
import type { RawDocument, Reading } from '../sources/document.js';
import type { ResolvedSource } from '../sources/find-sources.js';
import { Findings, judge, readFiles } from '../sources/read.js';
import { type InputFile, lookAt } from '../storage/files.js';
import { pause } from '../storage/interrupt.js';
import { publish } from '../storage/publish.js';
import { readSealed, writeSealed } from '../storage/sealed-json.js';
import { cutDocument } from './cut-document.js';
import { groupFiles } from './groups.js';
import { readKey } from './read-key.js';

/** Bytes of text that are sampled before other events are handled. */
const SAMPLED_BETWEEN = 8 * 2 ** 20;

/** Options of `takeSample`. */
export interface Sampling {
  readonly settings: DataSettings;
  /** Bytes. */
  readonly limit: number;
  /** Whether all sources are one version: a reference. */
  readonly isReference: boolean;
  readonly reading: Reading;
  readonly cacheDirectory: string;
  /** Temporary folder in the cache. */
  readonly temporary: string;
}

/** The value that names a version; of dates, their period. What is no date is reported when the versions are made. */
const periodIn = (value: string, { period }: { readonly period?: Period }): string =>
  (period && periodOf(value, period)) ?? value;

/** Sorts like the version of a document: its place in the order of versions, or the value that names its version. */
function versionOf({ versions }: DataSettings, raw: RawDocument, source: number): string {
  if (versions.by === 'source') return String(source);
  if (versions.by === 'random') return '';
  const value = versions.by === 'field' ? periodIn(raw.version ?? '', versions) : (raw.domain ?? raw.file.domain);
  const { order } = versions;
  if (order === undefined) return value;
  return String(order.findIndex((one) => (typeof one === 'string' ? one === value : one.includes(value))));
}

/**
 * Samples up to `limit` bytes of a reference, or of the earliest version of the sources. The samples of files are kept
 * in the cache: when a later version arrives, only its files are read.
 *
 * @throws BranchlineError if a file cannot be read: reading the training text would report the same problems again.
 */
export async function takeSample(sources: readonly ResolvedSource[], sampling: Sampling): Promise<SampledText[]> {
  const problems: Problem[] = [];
  const sample = emptySample(sampling);
  for (const [index, source] of sources.entries()) {
    const found: Parameters<typeof judge>[1][number][] = [];
    for (const files of groupFiles(source.files)) {
      const key = readKey(files, source, sampling.settings, { sample: ruleOf(sampling, index) });
      const file = path.join(sampling.cacheDirectory, 'read', `${key}.sample.json`);
      const known = lookAt(file) && readSealed(file, storedSampleSchema);
      if (known !== undefined) {
        sample.merge(known);
        // Files that were kept have nothing to report.
        found.push({ documents: 1, isDivided: true, skipped: [] });
        continue;
      }
      const findings = new Findings(source);
      found.push(findings);
      const stored = (await sampleFiles(files, source, index, sampling, findings, problems)).stored();
      sample.merge(stored);
      if (!findings.isGood) continue;
      const written = path.join(sampling.temporary, 'sample.json');
      writeSealed(written, stored);
      // A damaged one.
      rmSync(file, { force: true });
      publish(written, file);
    }
    // What is skipped here is counted when the training text is read.
    judge(source, found, problems, []);
  }
  failOn('data', problems);
  return sample.texts();
}

/** Domains are ordered as text; values of a field and places in a list as numbers, if all are numbers. */
function emptySample({ settings: { versions }, limit }: Sampling): EarliestSample {
  return new EarliestSample(limit, !(versions.by === 'domain' && versions.order === undefined));
}

/** What the sample of files depends on, apart from the files. */
function ruleOf({ settings: { versions }, limit, isReference }: Sampling, source: number) {
  if (isReference || versions.by === 'random') return { limit };
  const order = 'order' in versions ? versions.order : undefined;
  const period = versions.by === 'field' ? versions.period : undefined;
  return { limit, by: versions.by, ...(versions.by === 'source' ? { source } : { order }), ...(period && { period }) };
}

async function sampleFiles(
  files: readonly InputFile[],
  source: ResolvedSource,
  index: number,
  sampling: Sampling,
  findings: Findings,
  problems: Problem[],
): Promise<EarliestSample> {
  const { settings, isReference, reading } = sampling;
  const sample = emptySample(sampling);
  let bytes = 0;
  for await (const raw of readFiles(files, source, { ...reading, problems }, findings)) {
    const document = digestBytes(raw.text);
    for (const { text, digest: clean, corrupted } of cutDocument(raw.text, document, source.corrupt, settings)) {
      const version = isReference ? '' : versionOf(settings, raw, index);
      // The text that is trained on.
      sample.add(version, { text: corrupted?.text ?? text, document, clean });
      bytes += text.length;
      if (bytes < SAMPLED_BETWEEN) continue;
      bytes = 0;
      await pause(reading.signal);
    }
  }
  return sample;
}
