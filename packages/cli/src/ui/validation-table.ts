import { hasDiverged, type Results, type ValidationInfo } from '@branchline/evaluation';
import { plural, quantity, whole } from './format.js';
import { printable } from './printable.js';
import { mean, plusMinus } from './seeds-table.js';
import { shownNames } from './shown-rows.js';
import type { Style } from './style.js';
import { table } from './table.js';

/**
 * Losses of the last releases on the validation sets: a row per strategy, a column per set, and a line per set about
 * the training text that it shares. Undefined without validation sets.
 */
export function validationTable(results: Results, style: Style): string | undefined {
  const { strategies, data, comparison, seeds } = results;
  const { validation: sets = [] } = data;
  if (sets.length === 0) return undefined;
  const names = [...new Set(strategies.map(({ name }) => name))];
  const valuesOf = (strategy: string, set: string, of: 'loss' | 'bitsPerByte') =>
    strategies
      .filter(({ name }) => name === strategy)
      .flatMap(({ releases }) => releases.at(-1)?.validation?.filter(({ name }) => name === set) ?? [])
      .map((result) => result[of]);
  const several = seeds.length > 1;
  const confidence = comparison?.rule.confidence ?? 0.95;
  const lowest = new Map(
    sets.map(({ name: set }) => {
      const means = names.map((name) => mean(valuesOf(name, set, 'loss'))).filter(Number.isFinite);
      return [set, Math.min(...means)] as const;
    }),
  );
  const rows = shownNames(results).flatMap((strategy) => {
    const losses = sets.map(({ name: set }) => {
      const values = valuesOf(strategy, set, 'loss');
      if (values.length === 0) return '-';
      const text = several ? plusMinus(values, confidence) : values[0]!.toFixed(4);
      if (values.some((value) => hasDiverged(results, value))) return `!${text}`;
      return mean(values) === lowest.get(set) ? style.bold(`*${text}`) : text;
    });
    const bits = sets.map(({ name: set }) => {
      const values = valuesOf(strategy, set, 'bitsPerByte');
      return values.length === 0 ? '' : style.dim(mean(values).toFixed(4));
    });
    return [
      [printable(strategy), ...losses],
      ['', ...bits],
    ];
  });
  const heads = sets.map(({ name, tokens }) => `${printable(name)} (${whole(tokens)} tokens)`);
  const losses = table(
    [`validation, last release${several ? ', means over seeds' : ''}`, ...heads],
    rows,
    style,
    sets.map((_, index) => index + 1),
  );
  return [losses, ...sets.map((set) => style.dim(`  ${printable(set.name)}: ${removedText(set)}.`))].join('\n');
}

/** What a validation set removed from the training text. */
export function removedText({ removed: { documents, bytes } }: Pick<ValidationInfo, 'removed'>): string {
  if (documents === 0) return 'none of it was in the training text';
  const were = documents === 1 ? 'was removed' : 'were removed';
  return `${plural(documents, 'document')} of the training text (${quantity(bytes, 'B')}) ${were}, in whole or in part, for being in it too`;
}
