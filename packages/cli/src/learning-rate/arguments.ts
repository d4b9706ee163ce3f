/** Parses the grid and the predictions of `branchline lr fit`. */
import { BranchlineError, type Problem } from '@branchline/core';
import { parseQuantity } from '@branchline/data';

/** The grid as typed. */
export interface GridArguments {
  readonly rates?: string;
  readonly horizons?: string;
  readonly sizes?: string;
  readonly cooldown?: number;
}

/** A model size. */
export interface TypedSize {
  readonly width: number;
  readonly layers: number;
}

/** What a rate is predicted for. */
export interface TypedSetting {
  /** As typed. */
  readonly text: string;
  readonly size: TypedSize | { readonly parameters: number };
  readonly tokens: number;
}

/** Converts lists to the grid of the API, which checks the values. What is no number stays a text. */
export function gridOf({ rates, horizons, sizes, cooldown }: GridArguments): unknown {
  const numbers = (list: string) => list.split(',').map((part) => (isNumber(part) ? Number(part) : part.trim()));
  return {
    ...(rates !== undefined && { rates: numbers(rates) }),
    ...(horizons !== undefined && { horizons: numbers(horizons) }),
    ...(sizes !== undefined && { sizes: sizes.split(',').map((part) => sizeOf(part) ?? part.trim()) }),
    ...(cooldown !== undefined && { cooldown }),
  };
}

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));

/** `64x2` as width 64 and 2 layers. */
function sizeOf(text: string): TypedSize | undefined {
  const found = /^\s*(\d+)x(\d+)\s*$/.exec(text);
  return found === null ? undefined : { width: Number(found[1]), layers: Number(found[2]) };
}

const HOW = 'Write for example --for model=128x4,tokens=20M, or --for parameters=1e6,tokens=20M.';

/** Parses every `--for`. Throws a BranchlineError (`config`) with all problems. */
export function settingsOf(texts: readonly string[]): readonly TypedSetting[] {
  const problems: Problem[] = [];
  const settings = texts.map((text) => settingOf(text, problems));
  if (problems.length > 0) throw new BranchlineError('config', problems);
  return settings as readonly TypedSetting[];
}

function settingOf(text: string, problems: Problem[]): TypedSetting | undefined {
  const refuse = (message: string) => problems.push({ configPath: `--for ${text}`, message, remedy: HOW });
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [key, value, ...more] = part.split('=').map((one) => one.trim());
    if (!['model', 'parameters', 'tokens'].includes(key!) || !value || more.length > 0) {
      refuse(`"${part.trim()}" is none of model=WIDTHxLAYERS, parameters=NUMBER and tokens=NUMBER`);
      return undefined;
    }
    values.set(key!, value);
  }
  const size = sizeIn(values);
  const written = values.get('tokens');
  const tokens = written === undefined ? undefined : amountOf(written);
  if (size === undefined) refuse('needs one size: model=WIDTHxLAYERS or parameters=NUMBER');
  if (tokens === undefined) refuse(written === undefined ? 'names no tokens' : `"${written}" is no number of tokens`);
  return size === undefined || tokens === undefined ? undefined : { text, size, tokens };
}

function sizeIn(values: ReadonlyMap<string, string>): TypedSetting['size'] | undefined {
  const [model, parameters] = [values.get('model'), values.get('parameters')];
  if ((model === undefined) === (parameters === undefined)) return undefined;
  if (model !== undefined) return sizeOf(model);
  const count = amountOf(parameters!);
  return count === undefined ? undefined : { parameters: count };
}

/** `20M`, `2e7` or `20000000`. */
function amountOf(text: string): number | undefined {
  const value = isNumber(text) ? Number(text) : parseQuantity(text, 'tokens');
  return value !== undefined && value > 0 ? value : undefined;
}

const TARGET_KEYS = ['width', 'layers', 'heads', 'batch', 'tokens'] as const;

/**
 * Parses `--to width=128,layers=4,tokens=20M` or the like of `--from`. Adds a problem for each part that has another
 * key than `keys`, or a key twice. The API checks the values.
 */
export function pairsOf(
  option: string,
  text: string,
  problems: Problem[],
  keys: readonly string[] = TARGET_KEYS,
): Record<string, number> {
  const values: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [key = '', value, ...more] = part.split('=').map((one) => one.trim());
    const remedy = `Write some of ${keys.map((one) => `${one}=${EXAMPLES[one]}`).join(', ')}.`;
    if (!keys.includes(key) || !value || more.length > 0) {
      problems.push({
        configPath: option,
        message: `"${part.trim()}" is none of ${keys.join(', ')} with a number`,
        remedy,
      });
    } else if (key in values) {
      problems.push({ configPath: option, message: `has ${key} twice`, remedy: 'Give it once.' });
    } else {
      const number = isNumber(value) ? Number(value) : key === 'tokens' ? amountOf(value) : undefined;
      if (number === undefined)
        problems.push({ configPath: `${option} ${key}`, message: `"${value}" is no number`, remedy });
      else values[key] = number;
    }
  }
  return values;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  width: '128',
  layers: '4',
  heads: '8',
  batch: '16',
  tokens: '20M',
};
