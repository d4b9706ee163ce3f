/** Checks that every declared option has an effect and that unknown options are refused. */
import { BranchlineError, type PluginDefinition } from '@branchline/core';
import { alike, failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { planSnapshot, SUBJECT, show } from './lab.js';
import { refusalOf } from './tables.js';

/** The path of an option: names from the outermost option to its own. */
type OptionPath = readonly string[];

type Group = Readonly<Record<string, unknown>>;

/** Looks, for each option, for two values with different effects while all other options are equal. */
export async function checkOptions(examples: Examples): Promise<void> {
  const { plugin } = examples.lab;
  const given = examples.all.map(({ options }) => (options ?? {}) as Group);
  const declared = pathsOf(plugin);
  const paths = declared.length > 0 ? declared : uniquePaths(given);
  const idle: string[] = [];
  for (const path of paths) {
    const values = unique(given.filter((options) => has(options, path)).map((options) => get(options, path)));
    const name = path.join('.');
    if (values.length === 0) idle.push(`${name}: no example sets it`);
    else if (!(await makesDifference(examples, given, path, values))) {
      idle.push(`${name}: ${values.map(show).join(', ')} and no value give the same plan and the same log lines`);
    }
  }
  if (idle.length === 0) return;
  throw failed(`options of ${plugin.name} have no visible effect`, idle, [
    'Is the option read? If it has an effect only together with others, add an example that sets all of them.',
  ]);
}

/** Adds an unknown option to the first example. */
export async function checkUnknownOption({ lab, all }: Examples): Promise<void> {
  const strange = 'no-such-option';
  const error = await refusalOf(lab, { ...((all[0]!.options ?? {}) as Group), [strange]: 1 });
  const isReported = error?.problems.some(({ plugin }) => plugin === lab.plugin.name);
  if (error?.code === 'config' && isReported) return;
  throw failed(
    `${lab.plugin.name} accepts an unknown option`,
    [`{ '${strange}': 1 } is ignored`],
    ['A misspelled option must not be ignored. With zod: z.strictObject instead of z.object.'],
  );
}

async function makesDifference(
  examples: Examples,
  given: readonly Group[],
  path: OptionPath,
  values: readonly unknown[],
): Promise<boolean> {
  // Effects on observers need a run, which costs more than a plan, so plans come first.
  for (const watched of examples.lab.plugin.observe === undefined ? [false] : [false, true]) {
    for (const options of given) {
      let first: Effect | undefined;
      const variants = unique([
        options,
        without(options, path),
        ...values.map((value) => having(options, path, value)),
      ]);
      for (const variant of variants) {
        const effect = await effectOf(examples, variant, watched);
        if (effect === undefined) continue;
        if (first !== undefined && !alike(first, effect)) return true;
        first ??= effect;
      }
    }
  }
  return false;
}

/** The effect of options. */
interface Effect {
  readonly snapshot: unknown;
  readonly lines: readonly string[];
}

/** Undefined when the options are refused: a refusal does not prove that an option is used. */
async function effectOf({ lab }: Examples, options: Group, watched: boolean): Promise<Effect | undefined> {
  try {
    const strategies = { [SUBJECT]: lab.strategy(options) };
    const seen = watched ? await lab.run(strategies) : await lab.plan(strategies);
    return { snapshot: planSnapshot(seen), lines: seen.lines };
  } catch (error) {
    if (error instanceof BranchlineError) return undefined;
    throw error;
  }
}

/**
 * The part of a zod schema that lists options: `shape` on objects, `unwrap` on wrappers, `options` on unions, and
 * `values` on literals, such as the tag of a union.
 */
interface Schema {
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly unknown[];
  readonly values?: unknown;
  readonly element?: unknown;
  unwrap?(): Schema;
}

/** Paths of all options of a schema, including those of nested objects and union members. */
function pathsOf(plugin: PluginDefinition): readonly OptionPath[] {
  const open = (schema: Schema): readonly OptionPath[] => {
    if (schema.unwrap !== undefined && schema.element === undefined) return open(schema.unwrap());
    const members = schema.options?.filter((member) => typeof member === 'object' && member !== null) ?? [];
    if (members.length > 0) return [[], ...members.flatMap((member) => open(member as Schema))];
    if (typeof schema.shape !== 'object') return [[]];
    const options = Object.entries(schema.shape).filter(([, inner]) => inner.values === undefined);
    return options.flatMap(([name, inner]) => open(inner).map((rest) => [name, ...rest]));
  };
  return unique(open((plugin.options ?? {}) as Schema).filter(({ length }) => length > 0));
}

const uniquePaths = (given: readonly Group[]): readonly OptionPath[] =>
  unique(given.flatMap((options) => Object.keys(options).map((name) => [name])));

function unique<T>(values: readonly T[]): readonly T[] {
  return values.filter((value, index) => values.findIndex((other) => alike(other, value)) === index);
}

function has(options: unknown, [name, ...rest]: OptionPath): boolean {
  if (name === undefined) return true;
  return (
    typeof options === 'object' &&
    options !== null &&
    Object.hasOwn(options, name) &&
    has((options as Group)[name], rest)
  );
}

const get = (options: Group, path: OptionPath): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Group)[name], options);

/** A copy with one option set to `value`. */
function having(options: Group, [name, ...rest]: OptionPath, value: unknown): Group {
  const inner = rest.length === 0 ? value : having((options[name!] ?? {}) as Group, rest, value);
  return { ...options, [name!]: inner };
}

/** A copy without one option. */
function without(options: Group, [name, ...rest]: OptionPath): Group {
  if (rest.length > 0)
    return has(options, [name!]) ? having(options, [name!], without(options[name!] as Group, rest)) : options;
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== name));
}
