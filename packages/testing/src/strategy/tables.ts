/** Tables: options with the fields they lead to, and options that are refused. */
import { BranchlineError, formatProblem, messageOf } from '@branchline/core';
import { alike, failed } from '../outcome.js';
import type { Examples, StrategyExample } from './examples.js';
import { type Lab, type Owned, placeOf, SUBJECT, show } from './lab.js';

/** A value that somebody else than the plugin sets. */
class Theirs {
  constructor(
    readonly owner: string,
    readonly value: unknown,
  ) {}
}

/**
 * In a table of fields: the field is expected to have this value, and this owner: a plugin's name, or `kernel` for a
 * default.
 */
export const ownedBy = (owner: string, value: unknown): unknown => new Theirs(owner, value);

/** Fields by name, with the values the plugin gives them. */
export type ExpectedFields = Readonly<Record<string, unknown>>;

/**
 * Fields by place: `1` is version 1, `'1/branch'` its fork `branch`. In a place that is named, every field that the
 * plugin sets is named, and no other; what is not the plugin's own is written with `ownedBy`. Places that are not named
 * are not looked at.
 */
export type ExpectedPlan = Readonly<Record<string, ExpectedFields>>;

/** Options that are refused. */
export interface InvalidOptions {
  readonly options: unknown;
  /** A part of the problem as users read it, with its place and remedy; or a pattern for it. */
  readonly message: string | RegExp;
}

/** Plans an example and compares it with its table. */
export async function checkExample(examples: Examples, example: StrategyExample): Promise<void> {
  const { fields } = await examples.snapshot(example);
  const { name } = examples.lab.plugin;
  const wrong = Object.entries(example.plan ?? {}).flatMap(([key, expected]) => {
    const [version, ...fork] = key.split('/');
    const place = placeOf(version!, fork.length > 0 ? fork.join('/') : undefined);
    const found = fields[place];
    if (found === undefined) return [`there is no ${place}; there are: ${Object.keys(fields).join('; ')}`];
    return compareFields(expected, found, name).map((line) => `${place}: ${line}`);
  });
  if (wrong.length === 0) return;
  throw failed(`the plan of ${examples.titleOf(example)} is not the expected one`, wrong, [
    'A place that the table names is there with every field that the plugin sets; ownedBy(...) is for the fields of others.',
  ]);
}

function compareFields(expected: ExpectedFields, found: Readonly<Record<string, Owned>>, plugin: string): string[] {
  const wrong: string[] = [];
  for (const [field, wanted] of Object.entries(expected)) {
    const { owner, value } = wanted instanceof Theirs ? wanted : { owner: plugin, value: wanted };
    const is = found[field];
    if (is === undefined) wrong.push(`${field} is no field of this place`);
    else if (is.owner !== owner) wrong.push(`${field} is ${show(is.value)}, set by ${is.owner} instead of ${owner}`);
    else if (!alike(is.value, value)) wrong.push(`${field} is ${show(is.value)} instead of ${show(value)}`);
  }
  for (const [field, { owner, value }] of Object.entries(found)) {
    if (owner === plugin && !(field in expected)) wrong.push(`${field} is ${show(value)}, which nobody expected`);
  }
  return wrong;
}

/** Plans with options that must be refused: by the schema or the kernel's checks, at their place, in these words. */
export async function checkRefusal(lab: Lab, { options, message }: InvalidOptions): Promise<void> {
  const what = show(options);
  const error = await refusalOf(lab, options);
  if (error === undefined) {
    throw failed(
      `${what} should be refused, and is accepted`,
      [`expected: ${String(message)}`],
      ['Let the schema of the options refuse it.'],
    );
  }
  const told = error.problems.filter(({ plugin }) => plugin === lab.plugin.name).map(formatProblem);
  if (error.code !== 'config') {
    throw failed(
      `${what} is refused too late: ${error.message}`,
      [],
      ['Refuse it in the schema of the options: a user is then told of all mistakes at once, each with its place.'],
    );
  }
  if (told.some((text) => (typeof message === 'string' ? text.includes(message) : message.test(text)))) return;
  throw failed(`${what} is refused in other words`, [
    `expected: ${String(message)}`,
    ...(told.length > 0 ? told : [error.message]).map((text) => `told: ${text}`),
  ]);
}

/** What the kernel says against options; undefined when it accepts them. */
export async function refusalOf(lab: Lab, options: unknown): Promise<BranchlineError | undefined> {
  try {
    await lab.plan({ [SUBJECT]: lab.strategy(options) });
    return undefined;
  } catch (error) {
    if (error instanceof BranchlineError) return error;
    throw new Error(`${show(options)} breaks the kernel: ${messageOf(error)}`, { cause: error });
  }
}
