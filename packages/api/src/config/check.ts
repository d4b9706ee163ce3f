/** Checks a whole experiment before anything starts: form, plugins, options, field owners, sources. */
import {
  BranchlineError,
  checkStrategies,
  type DecidedStrategy,
  experimentInfo,
  messageOf,
  namedCheckpoints,
  type Problem,
} from '@branchline/core';
import {
  checkSources,
  checkTasks,
  type DataConfig,
  type DataSettings,
  parseDataConfig,
  parseTasks,
  type TaskSettings,
} from '@branchline/data';
import type { ComparedExperimentSpec } from '@branchline/evaluation';
import type { OpenableLogger } from '@branchline/logging';
import { describeModel, isTransformers } from '@branchline/model';
import type { ModuleLoading } from '../files/module.js';
import { LoggerFinder } from '../registry/loggers.js';
import { PluginFinder } from '../registry/plugins.js';
import { TrainerFinder } from '../registry/trainers.js';
import { budgetLine, budgetObject, type ParsedBudget } from './budget.js';
import { readRule } from './compare.js';
import { estimatedModel, estimatedVersions, willBeScored } from './estimated-versions.js';
import { joinPath, parsePart, unknownKey } from './issues.js';
import { readLog } from './log.js';
import { type CheckedModel, readModel, type StartCheckpoint } from './model.js';
import { type CheckedCluster, readOn } from './on.js';
import { parametrizationProblems } from './parametrization.js';
import { readPrices } from './prices.js';
import { KEYS, PARTS } from './schema.js';
import { readStrategies } from './strategies.js';
import { openTeacher } from './teacher.js';
import { type CheckedTrainer, readTrainer } from './trainer.js';

/** An experiment that passed the check. */
export interface CheckedExperiment extends CheckedModel {
  readonly spec: ComparedExperimentSpec;
  readonly data: DataConfig;
  readonly tasks: readonly TaskSettings[];
  readonly trainer: CheckedTrainer;
  /** Segments to train at the same time; absent: what suits trainer and plan. */
  readonly lanes?: number;
  /** The cluster that trains; absent: this process does. */
  readonly on?: CheckedCluster;
  /** Where the run is logged. */
  readonly log: readonly OpenableLogger[];
  /** Directory that paths of the data are relative to. */
  readonly baseDirectory: string;
}

/** Where an experiment comes from. */
export interface Origin {
  readonly baseDirectory: string;
  readonly defaultName: string;
  /** How named plugins and trainers are loaded. */
  readonly loading?: ModuleLoading;
}

/** Checks an experiment. Throws one BranchlineError (`config`) that lists every problem. */
export async function checkExperiment(
  config: unknown,
  { baseDirectory, defaultName, loading }: Origin,
): Promise<CheckedExperiment> {
  const problems: Problem[] = [];
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    const remedy = 'Write an object with at least model, data and strategies.';
    throw new BranchlineError('config', { message: 'the experiment is not an object', remedy });
  }
  const raw = config as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(raw))
    if (!KEYS.includes(key) && key !== '$schema') problems.push(unknownKey('', key, KEYS));

  const name = parsePart(PARTS.name, raw.name === undefined ? defaultName : raw.name, 'name', problems);
  const checkedModel = await readModel(raw.model, baseDirectory, problems).catch((error: unknown) => {
    problems.push({ configPath: 'model', message: `cannot be read: ${messageOf(error)}` });
    return undefined;
  });
  const model = checkedModel?.model;
  const dataConfig = withTokenizer(raw.data, checkedModel?.start, problems);
  const data = readData(dataConfig, problems);
  const tasks = readTasks(raw.tasks, problems);
  const training = parsePart(PARTS.training, raw.training, 'training', problems);
  const trainer = await readTrainer(raw.trainer, {
    finder: new TrainerFinder(baseDirectory, loading),
    problems,
  }).catch((error: unknown) => {
    problems.push({ configPath: 'trainer', message: `cannot be read: ${messageOf(error)}` });
    return undefined;
  });
  if (tasks.length > 0 && trainer?.definition.scoresText === false) {
    const message = `the ${trainer.definition.name} trainer scores no text, and cannot answer tasks`;
    problems.push({ configPath: 'tasks', message, remedy: 'Leave tasks out, or use another trainer.' });
  }
  if (checkedModel?.start !== undefined) {
    problems.push(...startProblems(raw, trainer));
    if (trainer !== undefined) problems.push(...(await architectureProblems(checkedModel.start, trainer)));
  }
  problems.push(...parametrizationProblems(model, training?.optimizer.groups, trainer?.definition));
  if (model !== undefined && 'experts' in model && trainer?.definition.mixtures === false) {
    const message = `the ${trainer.definition.name} trainer trains no mixture of experts`;
    const remedy = 'Use the trainer tfjs or torch, or a model without experts.';
    problems.push({ configPath: checkedModel?.start === undefined ? 'model.experts' : 'model.from', message, remedy });
  }
  const finder = new PluginFinder(baseDirectory, loading);
  const strategies =
    (await readStrategies(raw.strategies, { finder, problems }).catch((error: unknown) => {
      problems.push({ configPath: 'strategies', message: `cannot be read: ${messageOf(error)}` });
    })) ?? [];
  const baseline = parsePart(PARTS.baseline, raw.baseline, 'baseline', problems);
  const seeds = readSeeds(raw, problems);
  if (seeds.length > 1 && trainer?.definition.predicts === true) {
    const message = `the ${trainer.definition.name} trainer predicts the same losses under every seed: verdicts over seeds would be void`;
    problems.push({ configPath: 'seeds', message, remedy: 'Use one seed: --seeds 1.' });
  }
  const compared = baseline ?? strategies[0]?.name ?? '';
  const validation = data?.evaluation?.map(({ name: of }) => of);
  const context = {
    baseline: compared,
    strategies: strategies.map(({ name: of }) => of),
    tasks: tasks.map(({ name: of }) => of),
    validation,
  };
  // Several seeds are compared by default.
  const compare =
    raw.compare === undefined && seeds.length === 1 ? undefined : readRule(raw.compare ?? {}, context, problems);
  const checkpointEvery = parsePart(PARTS.checkpointEvery, raw.checkpointEvery, 'checkpointEvery', problems);
  const budget = readBudget(raw.budget, problems);
  const prices = await readPrices(raw.prices, baseDirectory, 'prices', problems);
  const diskLimit = raw.disk === undefined ? undefined : parsePart(PARTS.disk, raw.disk, 'disk', problems);
  const lanes = parsePart(PARTS.lanes, raw.lanes, 'lanes', problems);
  const on = readOn(raw.on, problems);
  const log = await readLog(raw.log, { finder: new LoggerFinder(baseDirectory, loading), problems }).catch(
    (error: unknown) => {
      problems.push({ configPath: 'log', message: `cannot be read: ${messageOf(error)}` });
      return [];
    },
  );
  if (raw.on !== undefined && raw.on !== 'local') {
    for (const [key, value] of Object.entries({ lanes, disk: diskLimit })) {
      if (value === undefined) continue;
      const message = key === 'disk' ? 'cannot be kept by jobs that run at the same time' : 'is for this machine alone';
      problems.push({ configPath: key, message, remedy: `Leave ${key} out with on: slurm.` });
    }
  }
  const hookSeconds = parsePart(PARTS.hookSeconds, raw.hookSeconds, 'hookSeconds', problems);
  if (budget?.currency !== undefined && budget.currency !== prices.currency) {
    const message = `is in ${budget.currency}, but the prices are in ${prices.currency}`;
    problems.push({ configPath: 'budget', message, remedy: `Give it in ${prices.currency}, or prices of your own.` });
  }

  // Defaults replace invalid parts, so that the plugins can still be called.
  const { batch, lr, optimizer } = training ?? PARTS.training.parse(undefined);
  const spec: ComparedExperimentSpec = {
    name: name ?? defaultName,
    seeds,
    batch,
    lr,
    ...(!isWritten(raw.training, 'lr', 'warmup') && { warmupAssumed: true }),
    optimizer,
    ...(trainer?.definition.averages === false && { averages: false }),
    ...(trainer && trainer.objectives.length > 0 && { objectives: trainer.objectives }),
    strategies,
    baseline: compared,
    checkpointEvery: checkpointEvery ?? 100,
    prices,
    ...(compare && { compare }),
    ...(hookSeconds !== undefined && { hookSeconds }),
    ...(budget && { budget: budget.budget }),
    ...(diskLimit !== undefined && { diskLimit }),
  };
  if (strategies.length > 0) {
    const length = model?.context ?? 128;
    const versions = estimatedVersions(data, { batch, context: length });
    const sizes = { versions, scored: willBeScored(data), context: length };
    const info = experimentInfo(spec, sizes, estimatedModel(checkedModel));
    // The sizes are estimates, so an exception of a plugin may not apply to the real ones.
    const check = await checkStrategies(spec, info, () => undefined);
    problems.push(...check.problems, ...(await teacherProblems(check.decided, baseDirectory, model?.context)));
  }
  if (data !== undefined) problems.push(...(await checkSources(data, { baseDirectory })));
  problems.push(...(await checkTasks(tasks, { baseDirectory }, validation)));
  if (problems.length > 0) throw new BranchlineError('config', inFileOrder(problems, raw.strategies));
  return {
    spec,
    ...checkedModel!,
    data: dataConfig as DataConfig,
    tasks,
    trainer: trainer!,
    ...(lanes !== undefined && { lanes }),
    ...(on && { on }),
    log,
    baseDirectory,
  };
}

/** What is wrong with the checkpoints that strategies learn from, once for each strategy. */
async function teacherProblems(
  decided: readonly DecidedStrategy[],
  baseDirectory: string,
  context: number | undefined,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { driver, decision } of decided) {
    const { name, configPath } = driver.strategy;
    for (const from of namedCheckpoints(decision.versions)) {
      const opened = await openTeacher(from, baseDirectory, context);
      if (!('problems' in opened)) continue;
      problems.push(...opened.problems.map((problem) => ({ strategy: name, configPath, ...problem })));
    }
  }
  return problems;
}

/** Whether a part of an experiment has a key below it. */
function isWritten(part: unknown, ...keys: readonly string[]): boolean {
  let at = part;
  for (const key of keys) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  return at !== undefined;
}

/** `seeds` as a list: either a count, starting at `seed`, or the listed seeds. */
function readSeeds(raw: Readonly<Record<string, unknown>>, problems: Problem[]): readonly number[] {
  const first = parsePart(PARTS.seed, raw.seed, 'seed', problems) ?? 1;
  const seeds = raw.seeds === undefined ? 1 : (parsePart(PARTS.seeds, raw.seeds, 'seeds', problems) ?? 1);
  if (typeof seeds === 'object') {
    if (raw.seed !== undefined && !seeds.includes(first)) {
      const message = `is ${first}, which is not one of seeds`;
      problems.push({ configPath: 'seed', message, remedy: 'Leave it out: the list has all seeds.' });
    }
    return seeds;
  }
  return Array.from({ length: seeds }, (_, index) => (first + index) % 2 ** 32);
}

function readBudget(value: unknown, problems: Problem[]): ParsedBudget | undefined {
  if (value === undefined) return undefined;
  // A number has no unit, which the line reports.
  const line = typeof value === 'number' ? String(value) : value;
  return parsePart(typeof line === 'string' ? budgetLine : budgetObject, line, 'budget', problems);
}

/** `data` with the tokenizer of the checkpoint that is continued, unless it names one. */
function withTokenizer(data: unknown, start: StartCheckpoint | undefined, problems: Problem[]): unknown {
  if (start === undefined || typeof data !== 'object' || data === null || 'tokenizer' in data) return data;
  const { path, tokenizer } = start.folder;
  if (tokenizer !== undefined) return { ...data, tokenizer: { file: tokenizer } };
  const message = `must be given: ${path} has no tokenizer.json`;
  const remedy = 'Copy it into the folder, or name the tokenizer that the checkpoint was trained with.';
  problems.push({ configPath: 'data.tokenizer', message, remedy });
  return data;
}

/** What an experiment that continues a checkpoint needs besides. */
function startProblems(
  { training }: Readonly<Record<string, unknown>>,
  trainer: CheckedTrainer | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isWritten(training, 'lr', 'peak')) {
    const message = 'must be given: a rate for fresh weights would undo what the checkpoint has learned';
    const remedy = 'Take at most the peak that the checkpoint was trained with.';
    problems.push({ configPath: 'training.lr.peak', message, remedy });
  }
  if (trainer?.definition.scoresText === false) {
    const message = `the ${trainer.definition.name} trainer trains no language model, and cannot continue a checkpoint`;
    problems.push({ configPath: 'model.from', message, remedy: 'Use the trainer tfjs or torch.' });
  }
  return problems;
}

/** What keeps a trainer from training a model outside the decoder family. */
async function architectureProblems(
  { folder: { path, spec, reasons } }: StartCheckpoint,
  trainer: CheckedTrainer,
): Promise<readonly Problem[]> {
  const { definition } = trainer;
  const { name, scoresText } = definition;
  // Another message has said that it trains no language model.
  if (!isTransformers(spec) || scoresText === false) return [];
  const configPath = 'model.from';
  if (definition.checkModel === undefined) {
    const message = `the checkpoint in ${path} ${reasons.join(' and ')}, and the ${name} trainer trains only decoders of the llama family`;
    const only =
      spec.config.model_type === 'mixtral' ? 'set model.balance, the weight of the load-balancing loss, or ' : '';
    const remedy = `${only}set trainer: torch, which trains every causal language model of transformers.`;
    return [{ configPath, message, remedy: remedy.charAt(0).toUpperCase() + remedy.slice(1) }];
  }
  const found = await trainer
    .checkModel(describeModel(spec))
    .catch((error: unknown): readonly Problem[] =>
      error instanceof BranchlineError ? error.problems : [{ configPath: 'trainer', message: messageOf(error) }],
    );
  return found.map(({ message, ...problem }) =>
    problem.configPath === undefined
      ? { configPath, ...problem, message: `the checkpoint in ${path} ${message}` }
      : { ...problem, message },
  );
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
    if (error instanceof BranchlineError) problems.push(...error.problems);
    else problems.push({ configPath: 'data', message: `cannot be read: ${messageOf(error)}` });
    return undefined;
  }
}

function readTasks(value: unknown, problems: Problem[]): readonly TaskSettings[] {
  if (value === undefined) return [];
  try {
    return parseTasks(value);
  } catch (error) {
    if (error instanceof BranchlineError) problems.push(...error.problems);
    else problems.push({ configPath: 'tasks', message: `cannot be read: ${messageOf(error)}` });
    return [];
  }
}

/** Removes duplicates and sorts by the usual order of the parts of an experiment file. */
function inFileOrder(problems: readonly Problem[], strategies: unknown): readonly Problem[] {
  const names = typeof strategies === 'object' && strategies !== null ? Object.keys(strategies) : [];
  const places = KEYS.flatMap((key) =>
    key === 'strategies' ? [...names.map((name) => joinPath(key, [name])), key] : [key],
  );
  // Unknown keys, which have no known place, come first.
  const rank = ({ configPath = '' }: Problem) =>
    places.findIndex((place) => configPath.startsWith(place) && /^([.[]|$)/.test(configPath.slice(place.length)));
  const seen = new Set<string>();
  return [...problems]
    .sort((a, b) => rank(a) - rank(b))
    .filter((problem) => {
      const { configPath, path, hook, message } = problem;
      const key = JSON.stringify([configPath, path, hook, message]);
      return !seen.has(key) && seen.add(key);
    });
}
