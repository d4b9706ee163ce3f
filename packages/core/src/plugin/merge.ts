import type { ErrorPlace, Problem } from '../errors.js';
import type { Fields } from '../spec/field-table.js';
import { unknownField } from '../spec/fields.js';

/** Who set a field: a plugin, the user's `overrides`, or the kernel's default. */
export interface Owner {
  readonly kind: 'plugin' | 'override' | 'default';
  readonly name: string;
  readonly configPath?: string;
}

/** A field's value and its owner. */
export interface Owned {
  readonly value: unknown;
  readonly owner: Owner;
}

/** The return value of one hook of one plugin. */
export interface Contribution {
  readonly owner: Owner;
  readonly part: object;
}

/** A field that two plugins set. */
export interface Conflict {
  readonly field: string;
  readonly first: Owner;
  readonly second: Owner;
}

/** Merged fields with all conflicts and problems found. */
export interface Merged {
  readonly fields: ReadonlyMap<string, Owned>;
  readonly conflicts: readonly Conflict[];
  readonly problems: readonly Problem[];
}

/**
 * Merges what the plugins of a strategy returned from one hook, field by field. Two plugins that set the same field are
 * a conflict unless `overrides` sets it; overrides take precedence over plugins.
 */
export function mergeParts(
  fields: Fields<never>,
  contributions: readonly Contribution[],
  overrides: Readonly<Record<string, unknown>>,
  strategyPath: string,
): Merged {
  const settled = new Map<string, Owned>();
  const problems: Problem[] = [];
  const conflicts: Conflict[] = [];

  for (const { owner, part } of contributions) {
    for (const [name, value] of fields.entriesOf(part)) {
      const field = fields.get(name);
      if (field === undefined) {
        problems.push({
          ...placeOf(owner),
          ...unknownField(name, `returned a field that does not exist: ${name}`, fields.names),
        });
        continue;
      }
      const wrong = field.check(value);
      if (wrong !== undefined) {
        problems.push({ ...placeOf(owner), message: `${name} ${wrong}` });
        continue;
      }
      if (name in overrides) continue;
      const other = settled.get(name)?.owner;
      if (other !== undefined) conflicts.push({ field: name, first: other, second: owner });
      else settled.set(name, { value, owner });
    }
  }

  const owner: Owner = { kind: 'override', name: 'overrides', configPath: `${strategyPath}.overrides` };
  for (const [name, value] of Object.entries(overrides))
    if (fields.get(name) !== undefined) settled.set(name, { value, owner });
  return { fields: settled, conflicts, problems };
}

function placeOf(owner: Owner): ErrorPlace {
  return { plugin: owner.name, configPath: owner.configPath };
}

/** One problem for each pair of plugins, with both names, their config paths and all conflicting fields. */
export function conflictProblems(conflicts: readonly Conflict[], strategyPath: string): readonly Problem[] {
  const pairs = new Map<string, Conflict[]>();
  for (const conflict of conflicts) {
    const pair = `${conflict.first.configPath} ${conflict.second.configPath}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), conflict]);
  }
  return [...pairs.values()].map((group) => {
    const { first, second, field } = group[0]!;
    const fields = [...new Set(group.map((conflict) => conflict.field))].join(', ');
    return {
      plugin: second.name,
      configPath: second.configPath,
      message: `sets ${fields}, which plugin ${first.name} (${first.configPath}) sets too; a field has one owner`,
      remedy: `Remove one of the two, or settle it yourself: ${strategyPath}: { plugins: [...], overrides: { '${field}': ... } }.`,
    };
  });
}
