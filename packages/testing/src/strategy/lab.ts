/** A small experiment for the strategy under test, planned and run by the real kernel. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  type BillRow,
  type DataProvider,
  type ExperimentPlan,
  type ExperimentSpec,
  type PluginDefinition,
  type PluginUse,
  RunEmitter,
} from '@branchline/core';
import { createExperiment, type Results } from '@branchline/evaluation';

import { inTemporaryDirectory, type SmallExperiment, smallExperiment } from '../fixtures.js';
import { outcomeOf, type RunOutcome } from '../outcome.js';
import type { Strategies } from '../plan.js';
import { syntheticData } from '../synthetic-data.js';

/** Sequences per version. Unequal sizes find errors that equal ones hide. */
const SIZES = [40, 32, 24];

/** Options shared by all experiments of one tester. */
export interface LabOptions {
  readonly with?: readonly PluginUse[];
  readonly data?: DataProvider;
  readonly spec?: Partial<Omit<ExperimentSpec, 'strategies'>>;
}

/** A plan with the lines that plugins logged during planning. */
export interface Planned {
  readonly plan: ExperimentPlan;
  readonly lines: readonly string[];
}

/** A finished run. */
export interface Ran extends Planned {
  readonly results: Results;
  readonly outcome: RunOutcome;
  /** Warnings of the kernel. */
  readonly warnings: readonly string[];
  readonly bill: readonly BillRow[];
}

/** The name of the strategy under test. */
export const SUBJECT = 'subject';

/** Plans and runs strategies that contain one plugin. Passes errors of the kernel on. */
export class Lab {
  readonly #with: readonly PluginUse[];
  readonly #fixture: Pick<SmallExperiment, 'data' | 'spec'>;

  constructor(
    readonly plugin: PluginDefinition,
    { with: companions = [], data = syntheticData({ versions: SIZES }), spec }: LabOptions,
  ) {
    this.#with = companions;
    this.#fixture = { data, spec };
  }

  /** A strategy with the plugin, or with a replacement. The plugin gets a copy of the options. */
  strategy(options: unknown, plugin: PluginDefinition = this.plugin): readonly PluginUse[] {
    return [...this.#with, { plugin, options: copyOf(options) }];
  }

  /** Plans completely: strategies that wait for losses are trained until they have them. */
  plan(strategies: Strategies): Promise<Planned> {
    return inTemporaryDirectory(async (directory) => {
      const { experiment, lines } = this.#experiment({ strategies }, directory);
      let plan = await experiment.plan();
      if (plan.open.length > 0) {
        const { failures } = await experiment.run(plan, { command: 'conformance', startAnyway: true });
        if (failures[0]) throw failures[0].error;
        plan = await experiment.plan();
      }
      if (plan.failures[0]) throw plan.failures[0].error;
      return { plan, lines };
    });
  }

  run(strategies: Strategies): Promise<Ran> {
    return inTemporaryDirectory(async (directory) => {
      const { experiment, lines, warnings } = this.#experiment({ strategies }, directory);
      const first = await experiment.plan();
      const { results, failures } = await experiment.run(first, { command: 'conformance', startAnyway: true });
      if (failures[0]) throw failures[0].error;
      const plan = first.open.length > 0 ? await experiment.plan() : first;
      const bill = (await readFile(join(directory, 'bill.jsonl'), 'utf8')).split('\n').filter((line) => line !== '');
      return {
        ...{ plan, lines, results, warnings },
        outcome: await outcomeOf(plan, results, directory),
        bill: bill.map((line) => JSON.parse(line) as BillRow),
      };
    });
  }

  /** A small experiment with the lab's data and spec, e.g. for `checkResume`. */
  small(strategies: Strategies): SmallExperiment {
    return { ...this.#fixture, strategies };
  }

  #experiment(choice: SmallExperiment, directory: string) {
    const [lines, warnings]: [string[], string[]] = [[], []];
    const events = new RunEmitter();
    events.on('log', (_level, message) => lines.push(message));
    events.on('warning', (message) => warnings.push(message));
    const experiment = createExperiment({ ...smallExperiment({ ...this.#fixture, ...choice }, directory), events });
    return { experiment, lines, warnings };
  }
}

/** A deep copy of options; options that cannot be cloned, such as functions, are shared. */
function copyOf(options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch {
    return options;
  }
}

/** Everything that plugins decided about a strategy, as plain values for comparison. */
export interface PlanSnapshot {
  /** By place (`version 2`, `version 2, fork branch`) and field. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, Owned>>>>;
  /** Keys of the released states. A change of any bit changes the key. */
  readonly releases: readonly string[];
  readonly captures: readonly string[];
  /** By plugin, version and purpose. */
  readonly charges: Readonly<Record<string, unknown>>;
}

/** A value with its owner: a plugin's name, `overrides`, or `kernel` for a default. */
export interface Owned {
  readonly value: unknown;
  readonly owner: string;
}

/** The snapshot of one strategy of a plan. */
export function planSnapshot({ plan }: Pick<Planned, 'plan'>, name: string = SUBJECT): PlanSnapshot {
  const { strategy, decisions, releases, captures } = plan.strategies.find((own) => own.strategy.name === name)!;
  const plain = (fields: (typeof decisions)[number]['fields']) =>
    Object.fromEntries([...fields].map(([field, { value, owner }]) => [field, { value, owner: owner.name }]));
  return {
    fields: Object.fromEntries(
      decisions.flatMap(({ version, fields, forks }) => [
        [placeOf(version.index), plain(fields)],
        ...forks.map((fork) => [placeOf(version.index, fork.name), plain(fork.fields)] as const),
      ]),
    ),
    releases: releases.map(({ key }) => key),
    captures: captures.map(({ key }) => key),
    charges: Object.fromEntries(
      [...strategy.charges.values()].map(({ plugin, version, what, tokens, flops }) => [
        `${plugin}, version ${version}, ${what}`,
        { tokens, flops },
      ]),
    ),
  };
}

/** The name of a version or fork in messages. */
export const placeOf = (version: number | string, fork?: string): string =>
  `version ${version}${fork === undefined ? '' : `, fork ${fork}`}`;

/** A value for a message: one line, at most 100 characters. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 8 });
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
