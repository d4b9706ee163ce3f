/** Validates strategies before any hook is called. */
import { satisfies } from 'semver';
import type { Problem } from '../errors.js';
import type { JsonValue } from '../json.js';
import { isPlainObject } from '../plain-object.js';
import { forkFields, renamedField, stepFields, unknownField, versionFields } from '../spec/fields.js';
import { OVERRIDABLE, splitOverrides } from '../spec/overrides.js';
import { didYouMean } from '../suggest.js';
import type { Charges } from './charges.js';
import type { Logger } from './contexts.js';
import type { PluginDefinition } from './definition.js';
import { frozenCopy } from './freeze.js';
import { validateOptions } from './options.js';
import type { StrategySpec } from './strategy-spec.js';
import { HOOK_TIMEOUT_SECONDS } from './timeout.js';

/** Version of the plugin API; it must be in a plugin's `kernel` range. */
export const KERNEL_API = '2.0.0';

/** A validated plugin. */
export interface PreparedPlugin {
  readonly plugin: PluginDefinition;
  /** Validated and frozen; null when the plugin has no options. */
  readonly options: JsonValue;
  readonly configPath: string;
}

/** A strategy with validated plugins. */
export interface PreparedStrategy {
  readonly name: string;
  readonly seed: number;
  /** In declaration order. */
  readonly plugins: readonly PreparedPlugin[];
  /** False when some plugin is unusable; the decisions of the others are then not the whole plan. */
  readonly complete: boolean;
  /** Overrides for versions. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Overrides for forks, without the `fork.` prefix. */
  readonly forkOverrides: Readonly<Record<string, unknown>>;
  readonly configPath: string;
  /** Charges that its plugins made in deciders. */
  readonly charges: Charges;
  /** Timeout of a hook call in seconds. */
  readonly timeoutSeconds: number;
  readonly log: Log;
}

/** A strategy and its problems. With problems, `strategy` has only the usable plugins. */
export interface Preparation {
  readonly strategy: PreparedStrategy;
  readonly problems: readonly Problem[];
}

/** Receives log lines of plugins. */
export type Log = (level: 'info' | 'warn', message: string) => void;

/** A logger that prefixes lines with the names of strategy and plugin. */
export function loggerOf({ name, log }: Pick<PreparedStrategy, 'name' | 'log'>, plugin: string): Logger {
  const write = (level: 'info' | 'warn') => (message: string) => log(level, `[${name}] ${plugin}: ${message}`);
  return Object.freeze({ info: write('info'), warn: write('warn') });
}

/** Validates a strategy for one seed: names, kernel ranges, hooks, options, overrides. */
export async function prepareStrategy(
  spec: StrategySpec,
  seed: number,
  log: Log,
  timeoutSeconds = HOOK_TIMEOUT_SECONDS,
): Promise<Preparation> {
  const { name, configPath, pluginsPath = configPath } = spec;
  const placed = spec.plugins.map((use, index) => ({ ...use, configPath: `${pluginsPath}[${index}]` }));
  const problems: Problem[] = [];
  if (placed.length === 0) {
    const remedy = `For example: ['from-scratch'].`;
    problems.push({ configPath, message: 'a strategy needs at least one plugin', remedy });
  }
  const plugins: PreparedPlugin[] = [];
  const seen = new Map<string, string>();
  for (const { plugin, options, configPath: at } of placed) {
    const first = seen.get(plugin.name);
    const wrong =
      first === undefined ? [] : [{ message: `is already in this strategy, at ${first}`, remedy: 'Use it once.' }];
    seen.set(plugin.name, at);
    problems.push(...wrong.map((of) => ({ plugin: plugin.name, configPath: at, ...of })));
    const unusable = wrongDefinition(plugin);
    if (unusable.length > 0) {
      problems.push(...unusable.map((of) => ({ plugin: plugin.name, configPath: at, ...of })));
      continue;
    }
    const validated = await validateOptions(plugin, options, at, timeoutSeconds);
    if ('problems' in validated) problems.push(...validated.problems);
    else plugins.push({ plugin, options: frozenCopy(validated.value ?? null) as JsonValue, configPath: at });
  }
  const settled = checkOverrides(spec);
  problems.push(...settled.problems);
  const { version: overrides, fork: forkOverrides } = splitOverrides(settled.overrides);
  const complete = plugins.length === placed.length;
  const charges: Charges = new Map();
  return {
    strategy: { name, seed, plugins, complete, overrides, forkOverrides, configPath, charges, timeoutSeconds, log },
    problems,
  };
}

/** Kinds of the keys of a plugin definition. */
const KEYS: Readonly<Record<keyof PluginDefinition, 'data' | 'hook' | 'hooks'>> = {
  name: 'data',
  description: 'data',
  version: 'data',
  kernel: 'data',
  options: 'data',
  renamed: 'data',
  paths: 'data',
  vary: 'data',
  owns: 'data',
  reactive: 'data',
  heldOut: 'data',
  initialState: 'data',
  onVersion: 'hook',
  onFork: 'hooks',
  onRelease: 'hook',
  onStep: 'hook',
  observe: 'hook',
};

/** Replacements for keys of kernel API 1. */
const REMOVED_KEYS: Readonly<Record<string, string>> = {
  setup:
    'Write the hooks into the definition; they find options and log in their context, and observe returns observers.',
  enforce: 'Remove it: the order of plugins has no effect.',
  after: 'Remove it: the order of plugins has no effect.',
};

/** Problems of a plugin definition. Unknown keys are errors, never ignored. */
function wrongDefinition(plugin: PluginDefinition): readonly Pick<Problem, 'message' | 'remedy'>[] {
  if (plugin.kernel !== undefined && !satisfies(KERNEL_API, plugin.kernel)) {
    const message = `was written for kernel API ${plugin.kernel}, this is ${KERNEL_API}`;
    return [{ message, remedy: 'Install a version of the plugin that fits, or another version of Branchline.' }];
  }
  return Object.entries(plugin).flatMap(
    ([key, value]: readonly [string, unknown]): readonly Pick<Problem, 'message' | 'remedy'>[] => {
      if (!Object.hasOwn(KEYS, key)) {
        const remedy = Object.hasOwn(REMOVED_KEYS, key) ? REMOVED_KEYS[key]! : didYouMean(key, Object.keys(KEYS));
        return [{ message: `has a hook or field that does not exist: ${key}`, remedy }];
      }
      if (key === 'owns' && value !== undefined) return wrongFields(value as readonly string[]);
      const kind = KEYS[key as keyof PluginDefinition];
      if (value === undefined || kind === 'data' || typeof value === 'function') return [];
      if (kind === 'hook' || !isPlainObject(value)) {
        const remedy = `Write ${key}(context) { ... }.`;
        return [{ message: `hook ${key} must be a function, not a ${typeof value}`, remedy }];
      }
      const wrong = Object.entries(value).filter(([, hook]) => hook !== undefined && typeof hook !== 'function');
      return wrong.map(([fork, hook]) => ({
        message: `hook ${key}.${fork} must be a function, not a ${typeof hook}`,
        remedy: `Write ${key}: { ${fork}(context) { ... } }.`,
      }));
    },
  );
}

/** Problems for names in `owns` that are not fields. */
function wrongFields(owns: readonly string[]): readonly Pick<Problem, 'message' | 'remedy'>[] {
  const known = [...new Set([versionFields, forkFields, stepFields].flatMap(({ names }) => names))];
  return owns
    .filter((field) => !known.includes(field))
    .map((field) => {
      const renamed = renamedField(field);
      if (renamed !== undefined) return { message: `owns: ${renamed}` };
      return { message: `owns a field that does not exist: ${field}`, remedy: didYouMean(field, known) };
    });
}

/** Valid overrides, and the problems of the others. */
function checkOverrides({ overrides = {}, configPath }: StrategySpec) {
  const problems: Problem[] = [];
  const usable: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(overrides)) {
    const at = `${configPath}.overrides.${name}`;
    const field = OVERRIDABLE.get(name);
    const wrong = field?.check(value);
    if (field === undefined) {
      const problem = unknownField(name, `no field is called ${name}`, [...OVERRIDABLE.keys()]);
      problems.push({ configPath: at, ...problem });
    } else if (wrong !== undefined) problems.push({ configPath: at, message: `${name} ${wrong}` });
    else usable[name] = value;
  }
  return { overrides: usable, problems };
}
