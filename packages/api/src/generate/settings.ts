import { inspect } from 'node:util';
import type { Problem } from '@branchline/core';
import type { TextSettings } from './continue-text.js';

/** Settings of a text. */
export type TextOptions = Partial<TextSettings>;

const isWhole = (value: unknown, least: number) => Number.isSafeInteger(value) && (value as number) >= least;

/** Defaults: 100 tokens drawn from the distribution of the model itself. Adds to `problems` what cannot be used. */
export function textSettings(options: TextOptions, problems: Problem[]): TextSettings {
  const { tokens = 100, stop = [], seed = 0, temperature = 1, topK, topP } = options;
  const check = (name: string, value: unknown, isRight: boolean, takes: string) => {
    if (isRight) return;
    problems.push({ message: `${name} is ${inspect(value)}`, remedy: `It takes ${takes}.` });
  };
  check('tokens', tokens, isWhole(tokens, 1), 'a whole number of tokens from 1');
  check('seed', seed, isWhole(seed, 0), 'a whole number from 0');
  check(
    'temperature',
    temperature,
    Number.isFinite(temperature) && temperature >= 0,
    'a number from 0: 0 takes the most probable token, 1 the distribution of the model, less makes it sharper',
  );
  check('topK', topK, topK === undefined || isWhole(topK, 1), 'a whole number of tokens from 1');
  check('topP', topP, topP === undefined || (topP > 0 && topP <= 1), 'a share above 0, at most 1');
  check('stop', stop, !stop.includes(''), 'texts that are not empty');
  return { tokens, stop, seed, temperature, topK, topP };
}
