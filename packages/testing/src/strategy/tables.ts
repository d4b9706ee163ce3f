/** Checks examples against their expected plans, and invalid options against their expected messages. */
import { BranchlineError, formatProblem, messageOf } from '@branchline/core';
import { alike, failed } from '../outcome.js';
import type { Examples, StrategyExample } from './examples.js';
import type { ExpectedFields } from './expected-plan.js';
import { type Lab, type Owned, placeOf, SUBJECT, show } from './lab.js';

/** A value that is set by the kernel or by another plugin. */
class OwnedValue {
  constructor(
    readonly owner: string,
    readonly value: unknown,
  ) {}
}

/**
 * An entry of an expected plan for a field that the plugin does not set: its value, and its owner. The owner is a
 * plugin's name, or `kernel` for a default.
 */
export const ownedBy = (owner: string, value: unknown): unknown => new OwnedValue(owner, value);

/** Options that must be refused. */
export interface InvalidOptions {
  readonly options: unknown;
  /** A substring of the problem as users read it, with its place and remedy, or a pattern that it matches. */
  readonly message: string | RegExp;
}

/** Plans an example and compares the plan with the expected one. */
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
    'For each place it names, a table lists every field that the plugin sets. Use ownedBy(...) for the fields of others.',
  ]);
}

function compareFields(expected: ExpectedFields, found: Readonly<Record<string, Owned>>, plugin: string): string[] {
  const wrong: string[] = [];
  for (const [field, wanted] of Object.entries(expected)) {
    const { owner, value } = wanted instanceof OwnedValue ? wanted : { owner: plugin, value: wanted };
    const is = found[field];
    if (is === undefined) wrong.push(`${field} is not a field of this place`);
    else if (is.owner !== owner) wrong.push(`${field} is ${show(is.value)}, set by ${is.owner} instead of ${owner}`);
    else if (!alike(is.value, value)) wrong.push(`${field} is ${show(is.value)} instead of ${show(value)}`);
  }
  for (const [field, { owner, value }] of Object.entries(found)) {
    if (owner === plugin && !(field in expected))
      wrong.push(`${field} is ${show(value)}, which the table does not list`);
  }
  return wrong;
}

/** Plans with invalid options. The schema or the kernel's checks must refuse them, with the expected message. */
export async function checkRefusal(lab: Lab, { options, message }: InvalidOptions): Promise<void> {
  const what = show(options);
  const error = await refusalOf(lab, options);
  if (error === undefined) {
    throw failed(
      `${what} is accepted, but should be refused`,
      [`expected: ${String(message)}`],
      ['Refuse it in the schema of the options.'],
    );
  }
  const messages = error.problems.filter(({ plugin }) => plugin === lab.plugin.name).map(formatProblem);
  if (error.code !== 'config') {
    throw failed(
      `${what} is refused too late: ${error.message}`,
      [],
      ['Refuse it in the schema of the options: users then see all mistakes at once, each with its place.'],
    );
  }
  if (messages.some((text) => (typeof message === 'string' ? text.includes(message) : message.test(text)))) return;
  throw failed(
    `${what} is refused with another message`,
    [
      `expected: ${String(message)}`,
      ...(messages.length > 0 ? messages : [error.message]).map((text) => `found: ${text}`),
    ],
    ['Say in the schema what is wrong with the value; the kernel adds its place, quotes it, and describes the option.'],
  );
}

/** The error with which the kernel refuses options; undefined when it accepts them. */
export async function refusalOf(lab: Lab, options: unknown): Promise<BranchlineError | undefined> {
  try {
    await lab.plan({ [SUBJECT]: lab.strategy(options) });
    return undefined;
  } catch (error) {
    if (error instanceof BranchlineError) return error;
    throw new Error(`${show(options)} breaks the kernel: ${messageOf(error)}`, { cause: error });
  }
}
