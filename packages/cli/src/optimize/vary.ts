/** Parses `--vary path-switching.alpha=0.2..0.8`. */
import type { OptionValue, Vary } from '@branchline/api';
import { BranchlineError, type OptionRange, type Problem } from '@branchline/core';

const HOW =
  'Write plugin.option=RANGE: 0.2..0.8, 0.2..0.8:0.1 for steps, 1e-3..1e-1:log, or values: a,b,c. Without =, the range of the plugin.';

/** Parses every `--vary`; undefined for none. Throws a BranchlineError (`config`) with all problems. */
export function parseVary(texts: readonly string[] | undefined): Vary | undefined {
  if (texts === undefined || texts.length === 0) return undefined;
  const problems: Problem[] = [];
  const vary: Record<string, OptionRange | null> = {};
  for (const text of texts) {
    const refuse = (message: string) => problems.push({ configPath: `--vary ${text}`, message, remedy: HOW });
    const [, name = '', range] = /^([^=]*)(?:=(.*))?$/s.exec(text.trim())!;
    if (!/^[^.\s]+\.\S+$/.test(name)) refuse('names no option of a plugin');
    else if (Object.hasOwn(vary, name)) refuse('is given twice');
    else {
      const parsed = range === undefined ? null : rangeOf(range);
      if (parsed === undefined) refuse(`"${range}" is no range`);
      else vary[name] = parsed;
    }
  }
  if (problems.length > 0) throw new BranchlineError('config', problems);
  return vary;
}

/** Undefined for a text that is neither a range nor a list of values. */
function rangeOf(text: string): OptionRange | undefined {
  if (text.includes('..')) {
    const [, low = '', high = '', how] = /^(.+?)\.\.([^:]+)(?::(.+))?$/.exec(text.replace(/\s/g, '')) ?? [];
    const [from, to] = [numberIn(low), numberIn(high)];
    if (from === undefined || to === undefined) return undefined;
    if (how === undefined) return { from, to };
    if (how === 'log') return { from, to, log: true };
    const step = numberIn(how);
    return step === undefined ? undefined : { from, to, step };
  }
  const values = text.split(',').map((part) => part.trim());
  return values.includes('') ? undefined : values.map(typedValue);
}

/** `0.5`, `1/3`, `1e-3`. */
function numberIn(text: string): number | undefined {
  const fraction = /^(\d+)\/(\d+)$/.exec(text);
  const value = fraction === null ? Number(text) : Number(fraction[1]) / Number(fraction[2]);
  return text !== '' && Number.isFinite(value) ? value : undefined;
}

function typedValue(text: string): OptionValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return numberIn(text) ?? text;
}
