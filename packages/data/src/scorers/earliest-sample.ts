import { byText } from '../storage/files.js';
import type { SampledText } from './define.js';
import { Sample } from './sample.js';

/** A sample of the texts of one version. */
interface VersionSample {
  readonly version: string;
  readonly sample: Sample;
}

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
    if (this.#isNumeric)
      this.#byNumber = this.#earlier(this.#byNumber, version, text, (a, b) => Number(a) - Number(b) || byText(a, b));
    this.#byText = this.#earlier(this.#byText, version, text, byText);
  }

  /** `known`, or a new sample if the version is earlier, with the text if it is of this version. */
  #earlier(
    known: VersionSample | undefined,
    version: string,
    text: SampledText,
    compare: (a: string, b: string) => number,
  ): VersionSample {
    const difference = known === undefined ? -1 : compare(version, known.version);
    const earliest = difference < 0 ? { version, sample: new Sample(this.#limit) } : known!;
    if (difference <= 0) earliest.sample.add(text);
    return earliest;
  }

  /** The sampled texts; they do not depend on the order in which texts were added. */
  texts(): SampledText[] {
    return (this.#isNumeric ? this.#byNumber : this.#byText)?.sample.texts() ?? [];
  }
}
