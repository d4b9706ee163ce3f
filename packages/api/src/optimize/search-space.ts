/** From strategies and the options to vary to the spaces that are searched. */
import {
  BranchlineError,
  didYouMean,
  messageOf,
  type OptionRange,
  type PluginUse,
  type Problem,
  type StrategySpec,
} from '@branchline/core';
import { checkOptions } from '../config/option-issues.js';
import { isObject } from '../files/objects.js';
import { type JsonSchema, optionsSchemaOf } from '../registry/options-schema.js';
import { MOST_DIMENSIONS, type Point } from './design.js';
import { type Dimension, dimensionOf, type OptionValue } from './dimension.js';

/**
 * Options to vary, by plugin and option: `{ 'path-switching.alpha': { from: 0.2, to: 0.8 } }`. null: the plugin's own
 * range, or what its schema says. Options of options have more names: `from-scratch.schedule.decay`.
 */
export type Vary = Readonly<Record<string, OptionRange | null>>;

/** A strategy with the options that are varied. */
export interface Space {
  readonly strategy: StrategySpec;
  readonly dimensions: readonly Dimension[];
  /** Whether the user named an option of this strategy. */
  readonly named: boolean;
}

/** The place of `vary` in messages: `--vary`, or `vary`. */
type Place = string;

/**
 * The space of each strategy. Without `vary`, the plugins say what is varied. Throws a BranchlineError (`config`) with
 * all problems: options that no strategy has, and values that their plugin refuses.
 */
export async function spacesOf(
  strategies: readonly StrategySpec[],
  vary: Vary | undefined,
  place: Place,
): Promise<readonly Space[]> {
  const problems: Problem[] = [];
  const used = new Set<string>();
  const spaces: Space[] = [];
  for (const strategy of strategies) {
    const dimensions: Dimension[] = [];
    for (const use of strategy.plugins) {
      const wanted = vary === undefined ? defaultsOf(use) : namedFor(use, vary);
      for (const [option, range] of wanted) {
        const name = `${use.plugin.name}.${option}`;
        used.add(name);
        const own: Problem[] = [];
        const made = await dimension(use, option, range, own);
        // A default that does not fit what the user wrote is left out: a schedule that never decays has no end to vary.
        if (made !== undefined && own.length === 0) dimensions.push(made);
        else if (vary !== undefined) problems.push(...own.map((one) => ({ ...one, configPath: `${place} ${name}` })));
      }
    }
    if (dimensions.length > MOST_DIMENSIONS) {
      const message = `varies ${dimensions.length} options; at most ${MOST_DIMENSIONS} can be`;
      problems.push({ strategy: strategy.name, configPath: place, message, remedy: 'Name the most important ones.' });
    }
    spaces.push({ strategy, dimensions, named: vary !== undefined && dimensions.length > 0 });
  }
  const plugins = [...new Set(strategies.flatMap((strategy) => strategy.plugins.map(({ plugin }) => plugin.name)))];
  for (const name of Object.keys(vary ?? {})) {
    if (used.has(name)) continue;
    const remedy = didYouMean(name.split('.')[0]!, plugins) ?? `Their plugins are ${plugins.join(', ')}.`;
    problems.push({
      configPath: `${place} ${name}`,
      message: 'no strategy has a plugin with this option',
      remedy: `Write plugin.option, such as path-switching.alpha. ${remedy}`,
    });
  }
  if (problems.length > 0) throw new BranchlineError('config', withoutRepeats(problems));
  return spaces;
}

/** One for each plugin and option, though several strategies have it. */
const withoutRepeats = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];

const defaultsOf = ({ plugin }: PluginUse): readonly (readonly [string, OptionRange])[] =>
  Object.entries(plugin.vary ?? {});

function namedFor({ plugin }: PluginUse, vary: Vary): readonly (readonly [string, OptionRange | null])[] {
  const prefix = `${plugin.name}.`;
  return Object.entries(vary)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, range]) => [name.slice(prefix.length), range] as const);
}

async function dimension(
  use: PluginUse,
  option: string,
  given: OptionRange | null,
  problems: Problem[],
): Promise<Dimension | undefined> {
  const schema = schemaOf(use, option);
  const range = given ?? use.plugin.vary?.[option] ?? rangeIn(schema);
  const name = `${use.plugin.name}.${option}`;
  if (range === undefined) {
    problems.push({ message: 'has no range of its own', remedy: `Give one: ${name}=0.1..0.5, or ${name}=a,b.` });
    return undefined;
  }
  let made: Dimension;
  try {
    made = dimensionOf(name, range, schema?.type === 'integer');
  } catch (error) {
    problems.push({ message: messageOf(error), remedy: 'Write for example 0.2..0.8, 2..12, 0.1..0.9:0.1 or a,b,c.' });
    return undefined;
  }
  // The ends of a range, and all listed values; what a plugin refuses in between is found when it is planned.
  const tried = made.ordered ? [0, made.size - 1] : Array.from({ length: made.size }, (_, index) => index);
  const key = option.split('.')[0]!;
  for (const index of tried) {
    const found: Problem[] = [];
    await checkOptions(use.plugin.options, withOption(use.options, option, made.valueAt(index)), '', found);
    const own = found.filter(({ configPath = '' }) => configPath.replace(/^\./, '').split(/[.[]/)[0] === key);
    for (const { message, remedy } of own) {
      problems.push({
        message: `${JSON.stringify(made.valueAt(index))}: ${message}`,
        ...(remedy !== undefined && { remedy }),
      });
    }
  }
  return made;
}

/** The schema of an option; undefined where it cannot be known. */
function schemaOf({ plugin }: PluginUse, option: string): JsonSchema | undefined {
  const whole = optionsSchemaOf(plugin);
  if (typeof whole === 'string') return undefined;
  return option.split('.').reduce<JsonSchema | undefined>((schema, key) => schema?.properties?.[key], whole);
}

/** The values that a schema allows, if they are bounded. */
function rangeIn(schema: JsonSchema | undefined): OptionRange | undefined {
  if (schema === undefined) return undefined;
  if (schema.enum !== undefined) return schema.enum as readonly OptionValue[];
  if (schema.type === 'boolean') return [false, true];
  const { minimum, maximum } = schema;
  return typeof minimum === 'number' && typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER
    ? { from: minimum, to: maximum }
    : undefined;
}

/** The options of a plugin with one of them set. */
export function withOption(options: unknown, option: string, value: OptionValue): unknown {
  const [key, ...rest] = option.split('.') as [string, ...string[]];
  const before = isObject(options) ? options : {};
  return { ...before, [key]: rest.length === 0 ? value : withOption(before[key], rest.join('.'), value) };
}

/** The values of a point, by plugin and option. */
export function valuesOf({ dimensions }: Space, point: Point): Readonly<Record<string, OptionValue>> {
  return Object.fromEntries(dimensions.map(({ name, valueAt }, index) => [name, valueAt(point[index]!)]));
}

/** A strategy with values of options set, and the name that says which. */
export function strategyWith(strategy: StrategySpec, values: Readonly<Record<string, OptionValue>>): StrategySpec {
  const plugins = strategy.plugins.map((use) => ({
    ...use,
    options: optionsWith(use.plugin.name, use.options, values),
  }));
  return { ...strategy, name: nameWith(strategy.name, values), plugins };
}

/** The options of a plugin, with those of the values that belong to it. */
export function optionsWith(plugin: string, options: unknown, values: Readonly<Record<string, OptionValue>>): unknown {
  const own = Object.entries(values).filter(([name]) => name.startsWith(`${plugin}.`));
  return own.reduce((all, [name, value]) => withOption(all, name.slice(plugin.length + 1), value), options);
}

/** `path switching (alpha 0.35)`: the plugin is named where two have an option of this name. */
function nameWith(strategy: string, values: Readonly<Record<string, OptionValue>>): string {
  const options = Object.entries(values).map(([name, value]) => {
    const short = name.slice(name.indexOf('.') + 1);
    const isUnique = Object.keys(values).filter((other) => other.endsWith(`.${short}`)).length === 1;
    return `${isUnique ? short : name} ${value}`;
  });
  return options.length === 0 ? strategy : `${strategy} (${options.join(', ')})`;
}
