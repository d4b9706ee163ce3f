/** Checks an experiment whole, before anything is started: form, plugins, options, owners of fields, sources. */
import { BranchlineError, checkStrategies, type ExperimentSpec, experimentInfo, type Problem } from '@branchline/core';
import { checkSources, type DataConfig, type DataSettings, parseDataConfig } from '@branchline/data';
import type { ModelOptions } from '@branchline/model';
import { joinPath, parsePart, unknownKey } from './issues.js';
import { nominalVersions, willBeScored } from './nominal.js';
import { KEYS, PARTS, vocabularySchema } from './schema.js';
import { readStrategies } from './strategies.js';
import type { TrainerSettings } from './trainer.js';

/** An experiment that was checked. */
export interface CheckedExperiment {
  readonly spec: ExperimentSpec;
  readonly model: ModelOptions;
  /** When the file gives it; the tokenizer's otherwise. */
  readonly vocabulary: number | undefined;
  readonly data: DataConfig;
  readonly trainer: TrainerSettings;
  /** What paths of the data are relative to. */
  readonly baseDirectory: string;
}

/** Where an experiment comes from. */
export interface Origin {
  readonly baseDirectory: string;
  readonly defaultName: string;
}

/** Throws one BranchlineError (`config`) with every problem there is. */
export async function checkExperiment(
  config: unknown,
  { baseDirectory, defaultName }: Origin,
): Promise<CheckedExperiment> {
  const problems: Problem[] = [];
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    const remedy = 'Write an object with at least model, data and strategies.';
    throw new BranchlineError('config', { message: 'the experiment is no object', remedy });
  }
  const raw = config as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(raw)) if (!KEYS.includes(key)) problems.push(unknownKey('', key, KEYS));

  const name = parsePart(PARTS.name, raw.name ?? defaultName, 'name', problems);
  const { model, vocabulary } = readModel(raw.model, problems);
  const data = readData(raw.data, problems);
  const training = parsePart(PARTS.training, raw.training, 'training', problems);
  const trainer = parsePart(PARTS.trainer, raw.trainer, 'trainer', problems);
  const strategies = readStrategies(raw.strategies, problems);
  const baseline = parsePart(PARTS.baseline, raw.baseline, 'baseline', problems);
  const seed = parsePart(PARTS.seed, raw.seed, 'seed', problems);
  const checkpointEvery = parsePart(PARTS.checkpointEvery, raw.checkpointEvery, 'checkpointEvery', problems);

  // Where a part is wrong its defaults stand in, so that the plugins can be asked all the same.
  const { batch, lr, optimizer } = training ?? PARTS.training.parse(undefined);
  const spec: ExperimentSpec = {
    name: name ?? defaultName,
    seed: seed ?? 1,
    batch,
    lr,
    optimizer,
    strategies,
    baseline: baseline ?? strategies[0]?.name ?? '',
    checkpointEvery: checkpointEvery ?? 100,
  };
  if (strategies.length > 0) {
    const context = model?.context ?? 128;
    const versions = nominalVersions(data, { batch, context });
    const info = experimentInfo(spec, { versions, scored: willBeScored(data), context });
    // A plugin that throws on sizes that are only assumed may be right about the real ones.
    const check = await checkStrategies(spec, info, () => undefined);
    problems.push(...check.problems);
  }
  if (data !== undefined) problems.push(...(await checkSources(data, { baseDirectory })));
  if (problems.length > 0) throw new BranchlineError('config', inFileOrder(problems, raw.strategies));
  return {
    spec,
    model: model!,
    vocabulary,
    data: raw.data as DataConfig,
    trainer: trainer!,
    baseDirectory,
  };
}

function readModel(value: unknown, problems: Problem[]) {
  if (typeof value !== 'object' || value === null) {
    const remedy = 'Write for example model: { layers: 2, width: 64, heads: 2, context: 128 }.';
    problems.push({ configPath: 'model', message: value === undefined ? 'is missing' : 'must be an object', remedy });
    return { model: undefined, vocabulary: undefined };
  }
  const { vocabulary: size, ...rest } = value as Record<string, unknown>;
  if ('tokenizer' in rest) {
    problems.push({
      configPath: 'model.tokenizer',
      message: 'the tokenizer belongs to the text',
      remedy: 'Move it to data.tokenizer.',
    });
    delete rest.tokenizer;
  }
  const vocabulary = parsePart(vocabularySchema, size, 'model.vocabulary', problems);
  return { model: parsePart(PARTS.model, rest, 'model', problems), vocabulary };
}

function readData(value: unknown, problems: Problem[]): DataSettings | undefined {
  if (value === undefined) {
    const remedy = "Write for example data: { sources: ['texts'], versions: { by: 'random', count: 4 } }.";
    problems.push({ configPath: 'data', message: 'is missing', remedy });
    return undefined;
  }
  try {
    return parseDataConfig(value);
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** Each problem once, in the order in which people write the parts of an experiment. */
function inFileOrder(problems: readonly Problem[], strategies: unknown): readonly Problem[] {
  const names = typeof strategies === 'object' && strategies !== null ? Object.keys(strategies) : [];
  const places = KEYS.flatMap((key) =>
    key === 'strategies' ? [...names.map((name) => joinPath(key, [name])), key] : [key],
  );
  // What is in no known place, an unknown key, comes first.
  const rank = ({ configPath = '' }: Problem) =>
    places.findIndex((place) => configPath.startsWith(place) && /^([.[]|$)/.test(configPath.slice(place.length)));
  const told = new Set<string>();
  return [...problems]
    .sort((a, b) => rank(a) - rank(b))
    .filter((problem) => {
      const key = `${problem.configPath}\n${problem.message}`;
      return !told.has(key) && told.add(key);
    });
}
