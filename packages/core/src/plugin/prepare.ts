import type { StandardSchemaV1 } from '@standard-schema/spec';
import { satisfies } from 'semver';
import { BranchlineError, messageOf, type Problem } from '../errors.js';
import type { JsonValue } from '../json.js';
import type { PluginCharge } from '../ledger/entry.js';
import { isPlainObject } from '../plain-object.js';
import { FORK_FIELDS, VERSION_FIELDS } from '../spec/fields.js';
import { didYouMean, nearest } from '../suggest.js';
import { renewHooks } from './deprecate.js';
import { orderPlugins } from './order.js';
import { createServices, type ServicesHandle } from './services.js';
import type { StrategySpec } from './strategy-spec.js';
import { awaitWithTimeout, callWithTimeout, HOOK_TIMEOUT_SECONDS, HookTimeoutError } from './timeout.js';
import { type HookName, type Hooks, type PluginDefinition } from './types.js';

/** The version of the API that plugins are written against; a plugin's `kernel` range must hold it. */
export const KERNEL_API = '1.0.0';

/** A plugin that is ready to be asked. */
export interface PreparedPlugin {
  readonly plugin: PluginDefinition;
  readonly options: JsonValue;
  readonly hooks: Hooks;
  readonly services: ServicesHandle;
  readonly configPath: string;
}

/** A strategy whose plugins were validated, ordered and set up. */
export interface PreparedStrategy {
  readonly name: string;
  /** The seed it was set up for: its plugins are set up anew for every seed. */
  readonly seed: number;
  readonly plugins: readonly PreparedPlugin[];
  /** False when a plugin could not be prepared: what the others decide is not the whole plan. */
  readonly complete: boolean;
  /** For `onVersion`. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** For `onFork`, without their prefix. */
  readonly forkOverrides: Readonly<Record<string, unknown>>;
  readonly configPath: string;
  /** What its plugins charged while they decided. */
  readonly charges: Map<string, PluginCharge>;
  /** Seconds after which a plugin that does not answer is ended. */
  readonly timeoutSeconds: number;
}

/** A strategy with everything that is wrong with it. With problems, `strategy` holds the plugins that are usable. */
export interface Preparation {
  readonly strategy: PreparedStrategy;
  readonly problems: readonly Problem[];
}

type Log = (level: 'info' | 'warn', message: string) => void;

const HOOKS: Record<HookName, 1> = {
  onVersion: 1,
  onFork: 1,
  onStep: 1,
  afterStep: 1,
  afterSegment: 1,
  afterRelease: 1,
  afterVersion: 1,
};

/** Validates one strategy whole for one seed: names, kernel ranges, options, order, overrides, `setup`. */
export async function prepareStrategy(
  spec: StrategySpec,
  seed: number,
  log: Log,
  timeoutSeconds = HOOK_TIMEOUT_SECONDS,
): Promise<Preparation> {
  const problems: Problem[] = [];
  const charges = new Map<string, PluginCharge>();
  const placed = spec.plugins.map((use, index) => ({
    ...use,
    configPath: `${spec.pluginsPath ?? spec.configPath}[${index}]`,
  }));
  const seen = new Map<string, string>();
  for (const { plugin, configPath } of placed) {
    const first = seen.get(plugin.name);
    if (first !== undefined)
      problems.push({ plugin: plugin.name, configPath, message: `stands in this strategy already, at ${first}` });
    seen.set(plugin.name, configPath);
  }
  if (placed.length === 0) {
    problems.push({
      configPath: spec.configPath,
      message: 'a strategy needs at least one plugin',
      remedy: `Write for example ['from-scratch'].`,
    });
  }

  const { ordered, problems: orderProblems } = orderPlugins(placed);
  problems.push(...orderProblems);

  const plugins: PreparedPlugin[] = [];
  for (const { plugin, options, configPath } of ordered) {
    if (!satisfies(KERNEL_API, plugin.kernel)) {
      problems.push({
        plugin: plugin.name,
        configPath,
        message: `was written for kernel API ${plugin.kernel}, this is ${KERNEL_API}`,
        remedy: 'Install a version of the plugin that fits, or another version of Branchline.',
      });
      continue;
    }
    const validated = await validateOptions(plugin, options, configPath, timeoutSeconds);
    if ('problems' in validated) {
      problems.push(...validated.problems);
      continue;
    }
    const reactive = plugin.reactive === true;
    const services = createServices({ plugin: plugin.name, reactive, strategy: spec.name, seed, log, charges });
    let hooks: unknown;
    try {
      const place = { plugin: plugin.name, hook: 'setup', configPath };
      hooks = callWithTimeout(
        timeoutSeconds,
        () => place,
        () => plugin.setup(validated.value, services.services),
      );
    } catch (cause) {
      if (cause instanceof HookTimeoutError) throw cause;
      const problem = { plugin: plugin.name, hook: 'setup', configPath, message: messageOf(cause) };
      throw new BranchlineError('plugin', problem, { cause });
    }
    const renewed = isPlainObject(hooks) ? renewHooks(hooks) : { hooks, warnings: [], problems: [] };
    for (const warning of renewed.warnings) services.services.log.warn(warning);
    const wrong = [...renewed.problems, ...wrongHooks(renewed.hooks)];
    if (wrong.length > 0)
      problems.push(...wrong.map((of) => ({ plugin: plugin.name, hook: 'setup', configPath, ...of })));
    else
      plugins.push({
        plugin,
        options: (validated.value ?? null) as JsonValue,
        hooks: renewed.hooks as Hooks,
        services,
        configPath,
      });
  }

  const { overrides, forkOverrides, problems: wrongOverrides } = readOverrides(spec);
  problems.push(...wrongOverrides);
  const { name, configPath } = spec;
  const complete = plugins.length === placed.length;
  return {
    strategy: { name, seed, plugins, complete, overrides, forkOverrides, configPath, charges, timeoutSeconds },
    problems,
  };
}

/** What is wrong with the hooks that `setup` returned: nothing is ignored in silence. */
function wrongHooks(hooks: unknown): readonly { readonly message: string; readonly remedy?: string }[] {
  if (!isPlainObject(hooks)) {
    const got = hooks instanceof Promise ? 'a promise' : `a ${hooks === null ? 'null' : typeof hooks}`;
    return [{ message: `setup must return a plain object of hooks, not ${got}` }];
  }
  return Object.entries(hooks).flatMap(([name, hook]) => {
    if (!Object.hasOwn(HOOKS, name)) {
      return [
        { message: `setup returned a hook that does not exist: ${name}`, remedy: didYouMean(name, Object.keys(HOOKS)) },
      ];
    }
    return hook === undefined || typeof hook === 'function'
      ? []
      : [{ message: `hook ${name} must be a function, not a ${typeof hook}` }];
  });
}

/** Splits the overrides of a strategy by hook and checks their names and values. */
function readOverrides(spec: StrategySpec) {
  const overrides: Record<string, unknown> = {};
  const forkOverrides: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const fields = new Map([
    ...VERSION_FIELDS.map((field) => [field.name, field] as const),
    ...FORK_FIELDS.map((field) => [`fork.${field.name}`, field] as const),
  ]);
  for (const [name, value] of Object.entries(spec.overrides ?? {})) {
    const configPath = `${spec.configPath}.overrides.${name}`;
    const field = fields.get(name);
    const wrong = field?.check(value);
    if (field === undefined)
      problems.push({
        configPath,
        message: `no field is called ${name}`,
        remedy: didYouMean(name, [...fields.keys()]),
      });
    else if (wrong !== undefined) problems.push({ configPath, message: `${name} ${wrong}` });
    else if (name.startsWith('fork.')) forkOverrides[field.name] = value;
    else overrides[name] = value;
  }
  return { overrides, forkOverrides, problems };
}

type Validated = { readonly value: unknown } | { readonly problems: readonly Problem[] };

async function validateOptions(
  plugin: PluginDefinition,
  options: unknown,
  configPath: string,
  timeoutSeconds: number,
): Promise<Validated> {
  const place = { plugin: plugin.name };
  if (plugin.options === undefined) {
    return options === undefined
      ? { value: undefined }
      : { problems: [{ ...place, configPath: `${configPath}.options`, message: 'takes no options' }] };
  }
  let result: StandardSchemaV1.Result<unknown>;
  try {
    const { validate } = plugin.options['~standard'];
    const at = { ...place, hook: 'options', configPath: `${configPath}.options` };
    const answer = callWithTimeout(
      timeoutSeconds,
      () => at,
      () => validate(options ?? {}),
    );
    result = answer instanceof Promise ? await awaitWithTimeout(timeoutSeconds, at, answer) : answer;
  } catch (cause) {
    if (cause instanceof HookTimeoutError) throw cause;
    const problem = {
      ...place,
      configPath: `${configPath}.options`,
      message: `the schema of its options failed: ${messageOf(cause)}`,
    };
    throw new BranchlineError('plugin', problem, { cause });
  }
  if (result.issues === undefined) return { value: result.value };
  return {
    problems: result.issues.flatMap((issue): Problem[] => {
      const steps = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
      const path = `${configPath}.options${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')}`;
      const unknown = unrecognizedKeys(issue);
      if (unknown === undefined)
        return [{ ...place, configPath: path, message: issue.message, remedy: describeOption(plugin, steps[0]) }];
      const known = optionNames(plugin);
      return unknown.map((key) => ({
        ...place,
        configPath: `${path}.${key}`,
        message: `there is no option "${key}"`,
        remedy: nearest(key, known) === undefined ? `Options: ${known.join(', ')}.` : didYouMean(key, known),
      }));
    }),
  };
}

/** Zod says which keys it did not expect; other schema libraries put it into the message. */
function unrecognizedKeys(issue: object): readonly string[] | undefined {
  return 'keys' in issue && Array.isArray(issue.keys) && issue.keys.length > 0 ? (issue.keys as string[]) : undefined;
}

function shapeOf(plugin: PluginDefinition): Record<string, { description?: string }> {
  const schema: unknown = plugin.options;
  return typeof schema === 'object' && schema !== null && 'shape' in schema && typeof schema.shape === 'object'
    ? ((schema.shape ?? {}) as Record<string, { description?: string }>)
    : {};
}

/** Names of a plugin's options, where its schema tells them. */
export function optionNames(plugin: PluginDefinition): readonly string[] {
  return Object.keys(shapeOf(plugin));
}

function describeOption(plugin: PluginDefinition, key: PropertyKey | undefined): string | undefined {
  const description = key === undefined ? undefined : shapeOf(plugin)[String(key)]?.description;
  return description && `${String(key)}: ${description}`;
}
