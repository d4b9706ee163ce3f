/** Checks of strategies that need no trainer. */
import { BranchlineError, type Failure, messageOf, type Problem } from '../errors.js';
import { PluginDriver } from '../plugin/driver.js';
import { prepareStrategy } from '../plugin/prepare.js';
import type { ExperimentInfo, ModelInfo, VersionInfo } from '../spec/experiment-info.js';
import { didYouMean } from '../suggest.js';
import type { ModelDescription } from '../trainer/trainer.js';
import { type Decision, decide } from './decide.js';
import type { ExperimentSpec } from './experiment-spec.js';

/** A strategy with its decisions. */
export interface DecidedStrategy {
  readonly driver: PluginDriver;
  readonly decision: Decision;
}

export interface Check {
  readonly decided: readonly DecidedStrategy[];
  /** All problems of the user's experiment. */
  readonly problems: readonly Problem[];
  /** Plugins that threw; other strategies can continue. */
  readonly failures: readonly Failure[];
}

/**
 * The experiment as deciders see it under one seed. Also works with estimated versions, to find mistakes before the
 * data is prepared.
 */
export function experimentInfo(
  spec: ExperimentSpec,
  data: { readonly versions: readonly VersionInfo[]; readonly scored: boolean; readonly context: number },
  { parameters, nonEmbeddingParameters = parameters }: Pick<ModelDescription, keyof ModelInfo>,
  seed = spec.seeds[0]!,
): ExperimentInfo {
  const versions = data.versions.map(({ index, name, sequences, tokens }) => ({ index, name, sequences, tokens }));
  return {
    versions,
    model: { parameters, nonEmbeddingParameters },
    batch: spec.batch,
    context: data.context,
    seed,
    scored: data.scored,
    lr: { ...spec.lr },
  };
}

/** Validates every strategy and decides its versions and forks under the seed of `info`. */
export async function checkStrategies(
  spec: ExperimentSpec,
  info: ExperimentInfo,
  log: (level: 'info' | 'warn', message: string) => void,
): Promise<Check> {
  const decided: DecidedStrategy[] = [];
  const problems: Problem[] = [];
  const failures: Failure[] = [];
  const names = spec.strategies.map(({ name }) => name);
  if (!names.includes(spec.baseline)) {
    problems.push({
      configPath: 'baseline',
      message: `no strategy is called "${spec.baseline}"`,
      remedy: didYouMean(spec.baseline, names),
    });
  }
  for (const [index, { name, configPath }] of spec.strategies.entries()) {
    if (names.indexOf(name) < index) problems.push({ configPath, message: `two strategies are called "${name}"` });
  }
  const positive = (configPath: string, value: number) => {
    if (!(Number.isInteger(value) && value >= 1))
      problems.push({ configPath, message: `must be a whole number, 1 or more, not ${value}` });
  };
  positive('training.batch', spec.batch);
  positive('checkpointEvery', spec.checkpointEvery);
  const small = info.versions.filter(({ sequences }) => sequences < spec.batch);
  if (small.length > 0) {
    const few = small.map(({ name, sequences }) => `${name} has ${sequences}`).join(', ');
    const message = `a batch of ${spec.batch} sequences is more than a version has: ${few}`;
    problems.push({
      configPath: 'training.batch',
      message,
      remedy: 'Use a smaller batch, a shorter context or more data.',
    });
  }
  for (const strategySpec of spec.strategies) {
    try {
      const { strategy, problems: wrong } = await prepareStrategy(strategySpec, info.seed, log, spec.hookSeconds);
      problems.push(...wrong);
      const driver = new PluginDriver(strategy, info);
      const decision = decide(driver);
      problems.push(...decision.problems);
      decided.push({ driver, decision });
    } catch (error) {
      const own = { strategy: strategySpec.name, configPath: strategySpec.configPath, message: messageOf(error) };
      const known = error instanceof BranchlineError ? error : new BranchlineError('plugin', own, { cause: error });
      failures.push({ strategies: [strategySpec.name], seeds: [info.seed], error: known });
    }
  }
  return { decided, problems, failures };
}
