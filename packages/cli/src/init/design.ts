/** Designs a first experiment from a look at a folder and the speed of the machine. */
import { type FolderSurvey, type Period, periodOf } from '@branchline/data';
import { flopsPerToken, type ModelSpec, modelSchema, parameterCount } from '@branchline/model';

/** How the text is divided into versions, and why. */
export type VersionDesign =
  | {
      readonly by: 'field';
      readonly field: string;
      /** Of its dates; absent: each value is a version. */
      readonly period?: Period;
      readonly names: readonly string[];
      readonly bytes: number;
    }
  | { readonly by: 'source'; readonly names: readonly string[]; readonly bytes: number }
  | { readonly by: 'random'; readonly count: number; readonly bytes: number };

/** A first experiment. */
export interface Design {
  readonly versions: VersionDesign;
  /** Field with a topic or kind; absent: none was found. */
  readonly domainField?: string;
  readonly model: ModelSpec;
  readonly batch: number;
  /** Training tokens of each version. */
  readonly tokens: number;
  readonly learningRate: number;
  /** Seconds that training takes at the measured speed. */
  readonly seconds: number;
}

/** A date, month, quarter or year as text, which sorts by time. */
const DATED = /^\d{4}(-?(0[1-9]|1[0-2])(-?\d\d)?|-?q[1-4])?$/i;
/** Versions that a first experiment has at most: from scratch trains all of them again each time. */
const MOST_VERSIONS = 12;
/** Bytes of text that a version needs: some steps, and something to hold out. */
const SMALLEST_VERSION = 12_000;
/** Share of the text that is trained on: some is held out, some are duplicates, and versions end at whole sequences. */
const USABLE = 0.8;
/** Share of the time for training; the rest is for reading, compiling and evaluation. */
const TRAINING = 0.6;

const model = (layers: number, width: number, heads: number, context: number): ModelSpec =>
  modelSchema.parse({ layers, width, heads, context, vocabulary: 257 });
/** From small to large. */
export const MODELS: readonly ModelSpec[] = [
  model(1, 32, 2, 64),
  model(2, 64, 4, 64),
  model(2, 96, 4, 128),
  model(4, 128, 4, 128),
  model(4, 192, 6, 256),
  model(6, 256, 8, 256),
  model(8, 384, 8, 512),
];
const BATCH = 8;

/** Versions by a field with dates, by dated files or folders, or at random. Undefined if there is too little text. */
export function designVersions({ files, format, documents }: FolderSurvey): VersionDesign | undefined {
  for (const { name, values } of documents?.fields ?? []) {
    const design = dated(values ?? []) ?? byPeriod(values ?? []);
    if (design) return { by: 'field', field: name, ...design };
  }
  const own = files.filter((file) => file.format === format);
  const groups = new Map<string, number>();
  for (const { name, bytes } of own) {
    const [top] = name.split('/');
    groups.set(top!, (groups.get(top!) ?? 0) + bytes);
  }
  const entries = [...groups].map(([value, bytes]) => ({ value, bytes, date: dateIn(value) }));
  if (entries.every(({ date }) => date !== undefined)) {
    const sorted = entries
      .map(({ date, ...rest }) => ({ ...rest, date: date! }))
      .sort((a, b) => (a.date < b.date ? -1 : 1));
    const distinct = new Set(sorted.map(({ date }) => date)).size === sorted.length;
    const smallest = Math.min(...sorted.map(({ bytes }) => bytes));
    if (distinct && isSuitable(sorted.length, smallest)) {
      return { by: 'source', names: sorted.map(({ value }) => value), bytes: smallest };
    }
  }
  const total = documents?.bytes ?? own.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = Math.min(4, Math.floor(total / SMALLEST_VERSION));
  return count < 2 ? undefined : { by: 'random', count, bytes: Math.floor(total / count) };
}

function dated(values: readonly { readonly value: string; readonly bytes: number }[]) {
  if (!values.every(({ value }) => DATED.test(value))) return undefined;
  const smallest = Math.min(...values.map(({ bytes }) => bytes));
  return isSuitable(values.length, smallest) ? { names: values.map(({ value }) => value), bytes: smallest } : undefined;
}

/** Versions by the shortest period that is suitable, if all values are dates. */
function byPeriod(values: readonly { readonly value: string; readonly bytes: number }[]) {
  for (const period of ['day', 'month', 'quarter', 'year'] as const) {
    const sums = new Map<string | undefined, number>();
    for (const { value, bytes } of values) {
      const name = periodOf(value, period);
      sums.set(name, (sums.get(name) ?? 0) + bytes);
    }
    if (sums.has(undefined)) continue;
    const smallest = Math.min(...sums.values());
    if (isSuitable(sums.size, smallest))
      return { period, names: ([...sums.keys()] as string[]).sort(), bytes: smallest };
  }
  return undefined;
}

const isSuitable = (count: number, smallest: number) =>
  count >= 2 && count <= MOST_VERSIONS && smallest >= SMALLEST_VERSION;

/** The date in the name of a file or folder: `2026-08.jsonl`, `month=2026-08`, `news-2026-08`. */
function dateIn(name: string): string | undefined {
  return /(?:^|[^\d])(\d{4}-(?:0[1-9]|1[0-2])(?:-\d\d)?)(?:[^\d]|$)/.exec(name)?.[1];
}

/** A field with few values, which are short and no dates: a topic, a site, a language. */
export function domainField({ documents }: FolderSurvey, versions: VersionDesign): string | undefined {
  const used = versions.by === 'field' ? versions.field : undefined;
  return documents?.fields.find(
    ({ name, distinct, length, values }) =>
      name !== used &&
      distinct >= 2 &&
      distinct <= 6 &&
      length <= 40 &&
      !values?.every(({ value }) => /^[\d.-]+$/.test(value)),
  )?.name;
}

/** Tokens that from scratch, continual and path switching train together, for each token of a version. */
export function tokensTrained(versions: number): number {
  const fromScratch = (versions * (versions + 1)) / 2;
  const pathSwitching = versions + 0.6 * versions;
  return fromScratch + versions + pathSwitching;
}

/**
 * The largest model for which text and time suffice, and the tokens of each version.
 *
 * @param flops FLOPs a second of the machine
 */
export function designTraining(
  versions: VersionDesign,
  seconds: number,
  flops: number,
): Pick<Design, 'model' | 'batch' | 'tokens' | 'learningRate' | 'seconds'> {
  const count = versions.by === 'random' ? versions.count : versions.names.length;
  const least = 10 * BATCH;
  const plans = MODELS.map((spec) => {
    const speed = flops / flopsPerToken(spec);
    const affordable = (TRAINING * seconds * speed) / tokensTrained(count);
    const sequences = Math.floor(Math.min(affordable, USABLE * versions.bytes) / spec.context);
    const tokens = Math.max(least, sequences) * spec.context;
    return { spec, tokens, seconds: (tokens * tokensTrained(count)) / speed };
  });
  // A model that sees fewer tokens than that for each parameter has learnt little.
  const suitable = plans.filter(
    ({ spec, tokens }) => count * tokens >= 3 * parameterCount(spec) && tokens <= USABLE * versions.bytes,
  );
  const { spec, tokens, seconds: taken } = suitable.at(-1) ?? plans[0]!;
  return { model: spec, batch: BATCH, tokens, learningRate: spec.width <= 128 ? 3e-3 : 1e-3, seconds: taken };
}
