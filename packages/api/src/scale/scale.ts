/** A scale that an experiment is planned at: `model=70b,tokens=15T,versions=6,devices=1024xh100`. */
import { BranchlineError, didYouMean, type Problem } from '@branchline/core';
import { parseQuantity } from '@branchline/data';
import { SCALE_CONSTANTS } from './constants.js';

/** Model, text and devices of a plan without text. */
export interface Scale {
  /** Trainable scalars. */
  readonly parameters: number;
  /** New tokens: of all versions together, of which each brings as many, or a list with those of each version. */
  readonly tokens: number | readonly number[];
  /** Number of versions; of a list, its length. */
  readonly versions: number;
  /** Tokens per step; absent: by a published law. */
  readonly batch?: number;
  /** Steps of the linear warm-up. */
  readonly warmup: number;
  /** Absent: only steps and FLOPs are planned. */
  readonly devices?: { readonly count: number; readonly name: string };
  /** Share of the peak FLOP/s that training reaches (model FLOPs utilization, MFU). */
  readonly utilization: number;
  /** Predicts losses: a file of `branchline fit-loss`, or a published law. Absent: no losses are predicted. */
  readonly law?: string;
}

/** New tokens of each version. */
export function tokensOf({ tokens, versions }: Pick<Scale, 'tokens' | 'versions'>): readonly number[] {
  return typeof tokens === 'number' ? Array.from({ length: versions }, () => tokens / versions) : tokens;
}

/** Keys, with what their values are. */
const KEYS = {
  model: 'a number of parameters such as 70b',
  tokens: 'a number of tokens such as 15T, or those of each version such as 10T+3T+2T',
  versions: 'a whole number from 1 to 100',
  devices: 'a number and a name such as 1024xh100',
  batch: 'a number of tokens per step such as 4M',
  warmup: 'a whole number of steps',
  utilization: 'a share of the peak above 0 and at most 1',
  law: 'a file of fit-loss, or a published law such as multi-power-400m',
} as const;

type Key = keyof typeof KEYS;

const MOST_VERSIONS = 100;

/** Parses a scale. Throws a BranchlineError (`config`) with all problems. */
export function parseScale(text: string): Scale {
  const problems: Problem[] = [];
  const found = new Map<Key, string>();
  const refuse = (key: string, message: string, remedy: string) =>
    void problems.push({ configPath: `--scale ${key}`, message, remedy });
  for (const part of text.split(',').map((one) => one.trim())) {
    const [, key = part, value] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    if (!Object.hasOwn(KEYS, key)) {
      const keys = Object.keys(KEYS);
      refuse(key, 'is no part of a scale', `${didYouMean(key, keys)} Its parts are ${keys.join(', ')}.`);
    } else if (value === undefined) refuse(key, 'has no value', `Write ${key}= and ${KEYS[key as Key]}.`);
    else if (found.has(key as Key)) refuse(key, 'is given twice', 'Leave one out.');
    else found.set(key as Key, value.trim());
  }
  const read = <T>(key: Key, parse: (value: string) => T | undefined): T | undefined => {
    const value = found.get(key);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) refuse(key, `is ${JSON.stringify(value)}`, `Give ${KEYS[key]}.`);
    return parsed;
  };
  const parameters = read('model', amountOf);
  const tokens = read('tokens', amountsOf);
  const count = read('versions', (value) => wholeIn(value, 1, MOST_VERSIONS));
  const versions = count ?? (Array.isArray(tokens) ? tokens.length : 1);
  if (Array.isArray(tokens) && versions !== tokens.length) {
    refuse('versions', `is ${versions}, but tokens lists ${tokens.length}`, 'Leave it out.');
  }
  const devices = read('devices', devicesOf);
  const batch = read('batch', amountOf);
  const warmup = read('warmup', (value) => wholeIn(value, 0, 1e9)) ?? SCALE_CONSTANTS.warmup.value;
  const law = read('law', (value) => value || undefined);
  const utilization = read('utilization', shareOf) ?? SCALE_CONSTANTS.utilization.value;
  for (const key of ['model', 'tokens'] as const) {
    if (!found.has(key)) refuse(key, 'is missing', `Add ${key}= and ${KEYS[key]}.`);
  }
  if (problems.length > 0) throw new BranchlineError('config', problems);
  return {
    ...{ parameters: parameters!, tokens: tokens!, versions, warmup, utilization },
    ...(batch !== undefined && { batch }),
    ...(devices !== undefined && { devices }),
    ...(law !== undefined && { law }),
  };
}

/** `70b`, `1.5T`, `4e6`: at least 1. */
function amountOf(text: string): number | undefined {
  const isNumber = text !== '' && Number.isFinite(Number(text));
  return parseQuantity(isNumber ? Math.round(Number(text)) : text, 'tokens');
}

/** One amount, or several with `+` between them. */
function amountsOf(text: string): Scale['tokens'] | undefined {
  const amounts = text.split('+').map((part) => amountOf(part.trim()));
  if (amounts.length > MOST_VERSIONS || amounts.some((amount) => amount === undefined)) return undefined;
  return amounts.length === 1 ? amounts[0] : (amounts as readonly number[]);
}

function wholeIn(text: string, least: number, most: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

function shareOf(text: string): number | undefined {
  const value = Number(text);
  return value > 0 && value <= 1 ? value : undefined;
}

function devicesOf(text: string): Scale['devices'] | undefined {
  const [, digits, name] = /^(\d+)\s*x\s*(\S.*)$/i.exec(text) ?? [];
  const count = digits === undefined ? undefined : wholeIn(digits, 1, 1e7);
  return count === undefined ? undefined : { count, name: name! };
}
