/** What candidates are planned and predicted with: a scale, or the experiment's own model and text. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BranchlineError,
  checkStrategies,
  type DataProvider,
  type ExperimentSpec,
  experimentInfo,
  type ModelDescription,
  messageOf,
} from '@branchline/core';
import { type LossLaw, resolveLaw, simulated } from '@branchline/trainer-simulated';
import { safeListener } from '../experiment/events.js';
import {
  checkInput,
  type ExperimentInput,
  type ExperimentOptions,
  type LoadedExperiment,
  loadExperiment,
} from '../experiment/input.js';
import { prepareExperiment } from '../experiment/prepare.js';
import { isObject } from '../files/objects.js';
import { parseScale, type Scale } from '../scale/scale.js';
import { assumptionOfLaw, type ScaledCost, scaledExperiment } from '../scale/scaled-experiment.js';

/** Options that decide the setting. */
export interface SettingOptions
  extends Pick<ExperimentOptions, 'directory' | 'name' | 'only' | 'loading' | 'runs' | 'signal' | 'onEvent'> {
  /** Model, text and devices instead of those of the experiment, as for `planAtScale`. */
  readonly scale?: string | Scale;
  /**
   * Predicts losses: a file of `branchline fit-loss`, relative to the experiment file, or a published law. Default: the
   * one of the scale, or that of `trainer: simulated({ law })`.
   */
  readonly law?: string | LossLaw;
}

/** A setting. */
export interface Setting {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  readonly law: LossLaw;
  readonly costOf: (steps: number, flops?: number) => ScaledCost;
  /** ISO 4217. */
  readonly currency: string;
  /** null: the experiment's own model and text. */
  readonly scale: Scale | null;
  readonly assumptions: readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Reads an experiment for a search. At a scale, nothing but the experiment is read; else its text is prepared, as for
 * `plan`. Throws a BranchlineError (`config`) with all problems, or `interrupted`.
 */
export async function openSetting(input: ExperimentInput, options: SettingOptions): Promise<Setting> {
  const loaded: LoadedExperiment | undefined =
    typeof input === 'string' || input instanceof URL ? await loadExperiment(input, options.loading) : undefined;
  const experiment = loaded?.experiment ?? (input as Exclude<ExperimentInput, string | URL>);
  const directory = options.directory ?? loaded?.directory ?? process.cwd();
  const placed = { ...options, directory, name: options.name ?? loaded?.name };
  if (options.scale === undefined) return ownSetting(experiment, placed);
  const scale = typeof options.scale === 'string' ? parseScale(options.scale) : options.scale;
  const law = lawOf(options.law ?? scale.law ?? lawOfTrainer(experiment.trainer), directory);
  const { law: _, ...withoutLaw } = scale;
  const scaled = await scaledExperiment(experiment, withoutLaw, placed);
  const { spec, model, data, costOf, currency } = scaled;
  const { problems } = await checkStrategies(spec, experimentInfo(spec, data, model), () => undefined);
  if (problems.length > 0) throw new BranchlineError('config', problems);
  const assumptions = [...scaled.assumptions, assumptionOfLaw(law)];
  return { ...{ spec, model, data, law, costOf, currency, scale, assumptions }, close: async () => undefined };
}

async function ownSetting(
  experiment: Exclude<ExperimentInput, string | URL>,
  options: SettingOptions & { readonly directory: string },
): Promise<Setting> {
  const checked = await checkInput(experiment, options);
  const law = lawOf(options.law ?? lawOfTrainer(experiment.trainer), options.directory);
  const onEvent = safeListener(options.onEvent);
  const cache = join(options.runs ?? 'runs', '.data');
  const temporary = existsSync(cache) ? undefined : await mkdtemp(join(tmpdir(), 'branchline-optimize-'));
  const removeTemporary = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    onEvent({ type: 'phase', phase: 'text' });
    const { data, model } = await prepareExperiment(checked, {
      cacheDirectory: temporary ?? cache,
      ...(options.signal && { signal: options.signal }),
      onProgress: (progress) => onEvent({ type: 'data', ...progress }),
      onCheckpoint: (done) => onEvent({ type: 'checkpoint', ...done }),
    });
    const { averages: _, ...spec } = checked.spec;
    const tokens = spec.batch * model.context;
    const costOf = (steps: number, flops = steps * tokens * model.flopsPerToken): ScaledCost => ({
      ...{ steps, tokens: steps * tokens, flops },
      ...{ seconds: null, deviceHours: null, kilowattHours: null, money: null },
    });
    return {
      ...{ model, data, law, costOf, scale: null, currency: spec.prices?.currency ?? 'USD' },
      spec: { ...spec, seeds: spec.seeds.slice(0, 1), objectives: ['distil', 'prefix'] },
      assumptions: [
        `the model and the text of the experiment: ${model.parameters} parameters, ${model.flopsPerToken} FLOPs per token`,
        assumptionOfLaw(law),
      ],
      close: async () => {
        data.close();
        await removeTemporary();
      },
    };
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

/** The law of `trainer: simulated({ law })`, or of its form in YAML. */
function lawOfTrainer(trainer: unknown): string | LossLaw | undefined {
  if (!isObject(trainer) || !isObject(trainer.options)) return undefined;
  const isSimulated = trainer.trainer === simulated.trainer || trainer.trainer === simulated.trainer.name;
  return isSimulated ? (trainer.options.law as string | LossLaw | undefined) : undefined;
}

function lawOf(law: string | LossLaw | undefined, directory: string): LossLaw {
  if (law === undefined) {
    throw new BranchlineError('config', {
      configPath: 'law',
      message: 'is missing: losses are predicted by a law',
      remedy: 'Fit one: branchline fit-loss <curves> --out law.json; then --law law.json. Or name a published one.',
    });
  }
  try {
    return resolveLaw(law, directory);
  } catch (cause) {
    throw new BranchlineError('config', { configPath: 'law', message: messageOf(cause) }, { cause });
  }
}
