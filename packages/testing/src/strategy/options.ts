/** Every option a plugin declares is read, and what it does not declare is refused. */
import { BranchlineError, type PluginDefinition } from '@branchline/core';
import { alike, failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { planSnapshot, SUBJECT, show } from './lab.js';
import { refusalOf } from './tables.js';

/** Where an option stands: its name, behind the names of the options it is a part of. */
type OptionPath = readonly string[];

type Group = Readonly<Record<string, unknown>>;

/** Finds, for every option, two values that make a difference while all other options stay as they are. */
export async function checkOptions(examples: Examples): Promise<void> {
  const { plugin } = examples.lab;
  const given = examples.all.map(({ options }) => (options ?? {}) as Group);
  const declared = pathsOf(plugin);
  const paths = declared.length > 0 ? declared : uniquePaths(given);
  const idle: string[] = [];
  for (const path of paths) {
    const values = unique(given.filter((options) => has(options, path)).map((options) => get(options, path)));
    const name = path.join('.');
    if (values.length === 0) idle.push(`${name}: no example sets it, so nobody has seen that it changes anything`);
    else if (!(await makesDifference(examples, given, path, values))) {
      idle.push(
        `${name}: ${values.map(show).join(', ')}, and none at all, lead to the same plan and the same messages`,
      );
    }
  }
  if (idle.length === 0) return;
  throw failed(`not every option of ${plugin.name} is seen to change something`, idle, [
    'Is the option read? If it matters beside certain others only, add an example that has it together with them.',
  ]);
}

/** Misspells an option of every example. */
export async function checkUnknownOption({ lab, all }: Examples): Promise<void> {
  const strange = 'no-such-option';
  const error = await refusalOf(lab, { ...((all[0]!.options ?? {}) as Group), [strange]: 1 });
  const told = error?.problems.some(({ plugin }) => plugin === lab.plugin.name);
  if (error?.code === 'config' && told) return;
  throw failed(
    `an option that ${lab.plugin.name} does not have is accepted`,
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
  // What is told while training shows in a run only, which costs more than a plan.
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

/** What options lead to. */
interface Effect {
  readonly snapshot: unknown;
  readonly lines: readonly string[];
}

/** Undefined when the options are refused: that they are looked at does not mean that they are used. */
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
 * A schema as far as its options can be read: zod has `shape` on objects, `unwrap` on what is around them, `options` on
 * unions, and `values` on a literal, such as the tag by which a union is told apart.
 */
interface Schema {
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly unknown[];
  readonly values?: unknown;
  readonly element?: unknown;
  unwrap?(): Schema;
}

/** Options that a schema has, those of nested objects and of the members of unions each on its own. */
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

/** A copy with one option more, or another value. */
function having(options: Group, [name, ...rest]: OptionPath, value: unknown): Group {
  const inner = rest.length === 0 ? value : having((options[name!] ?? {}) as Group, rest, value);
  return { ...options, [name!]: inner };
}

/** A copy with one option less. */
function without(options: Group, [name, ...rest]: OptionPath): Group {
  if (rest.length > 0)
    return has(options, [name!]) ? having(options, [name!], without(options[name!] as Group, rest)) : options;
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== name));
}
