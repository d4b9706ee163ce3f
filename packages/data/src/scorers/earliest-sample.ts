import { z } from 'zod';
import { byText } from '../storage/files.js';
import type { SampledText } from './define.js';
import { Sample } from './sample.js';

/** A sample of the texts of one version. */
interface VersionSample {
  readonly version: string;
  readonly sample: Sample;
}

/** A sampled text in a file: the text in base64, and the two digests. */
const sampledSchema = z.tuple([z.base64(), z.string(), z.string()]);
const versionSchema = z.strictObject({ version: z.string(), texts: z.array(sampledSchema) }).nullable();
/** The schema of stored samples. */
export const storedSampleSchema = z.strictObject({
  isNumeric: z.boolean(),
  byNumber: versionSchema,
  byText: versionSchema,
});

/** A sample in a file. */
export type StoredSample = z.infer<typeof storedSampleSchema>;

const compareNumbers = (a: string, b: string) => Number(a) - Number(b) || byText(a, b);

/**
 * A sample of the text of the earliest version. A scorer that is fitted on it gives a text the same score before and
 * after a later version arrives.
 */
export class EarliestSample {
  readonly #limit: number;
  #isNumeric: boolean;
  #byNumber: VersionSample | undefined;
  #byText: VersionSample | undefined;

  /**
   * @param limit Bytes.
   * @param mayBeNumeric Whether versions are compared as numbers if all are numbers.
   */
  constructor(limit: number, mayBeNumeric: boolean) {
    this.#limit = limit;
    this.#isNumeric = mayBeNumeric;
  }

  add(version: string, text: SampledText): void {
    this.#isNumeric &&= version.trim() !== '' && Number.isFinite(Number(version));
    if (this.#isNumeric) this.#byNumber = this.#earlier(this.#byNumber, version, [text], compareNumbers);
    this.#byText = this.#earlier(this.#byText, version, [text], byText);
  }

  /** Adds all that was added to another sample with the same limit. */
  merge({ isNumeric, byNumber, byText: byWord }: StoredSample): void {
    // Without a text, nothing was added.
    if (byWord === null) return;
    this.#isNumeric &&= isNumeric;
    const decoded = (texts: readonly z.infer<typeof sampledSchema>[]) =>
      texts.map(([text, document, clean]): SampledText => ({ text: Buffer.from(text, 'base64'), document, clean }));
    const number = byNumber ?? byWord;
    if (this.#isNumeric)
      this.#byNumber = this.#earlier(this.#byNumber, number.version, decoded(number.texts), compareNumbers);
    this.#byText = this.#earlier(this.#byText, byWord.version, decoded(byWord.texts), byText);
  }

  /** `known`, or a new sample if the version is earlier, with the texts if they are of this version. */
  #earlier(
    known: VersionSample | undefined,
    version: string,
    texts: readonly SampledText[],
    compare: (a: string, b: string) => number,
  ): VersionSample {
    const difference = known === undefined ? -1 : compare(version, known.version);
    const earliest = difference < 0 ? { version, sample: new Sample(this.#limit) } : known!;
    if (difference <= 0) for (const text of texts) earliest.sample.add(text);
    return earliest;
  }

  /** The sampled texts; they do not depend on the order in which texts were added. */
  texts(): SampledText[] {
    return (this.#isNumeric ? this.#byNumber : this.#byText)?.sample.texts() ?? [];
  }

  /** The sample as it is stored. `byNumber` is null if it is equal to `byText`, or of no use. */
  stored(): StoredSample {
    const encode = ({ version, sample }: VersionSample) => ({
      version,
      texts: sample
        .texts()
        .map(
          ({ text, document, clean }): z.infer<typeof sampledSchema> => [
            Buffer.from(text).toString('base64'),
            document,
            clean,
          ],
        ),
    });
    const isEqual = this.#byNumber?.version === this.#byText?.version;
    return {
      isNumeric: this.#isNumeric,
      byNumber: this.#isNumeric && this.#byNumber && !isEqual ? encode(this.#byNumber) : null,
      byText: this.#byText ? encode(this.#byText) : null,
    };
  }
}
