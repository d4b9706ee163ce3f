/** Where a strategy is looked at: a small experiment, planned and run by the kernel itself. */
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

/** Increments of different sizes, because what is right for equal ones is often wrong for others. */
const SIZES = [40, 32, 24];

/** What all experiments of one tester have in common. */
export interface LabOptions {
  readonly with?: readonly PluginUse[];
  readonly data?: DataProvider;
  readonly spec?: Partial<Omit<ExperimentSpec, 'strategies'>>;
}

/** A plan with the lines that plugins logged while it was made. */
export interface Planned {
  readonly plan: ExperimentPlan;
  readonly lines: readonly string[];
}

/** A run that finished. */
export interface Ran extends Planned {
  readonly results: Results;
  readonly outcome: RunOutcome;
  /** What the kernel said a person should know. */
  readonly warnings: readonly string[];
  readonly bill: readonly BillRow[];
}

/** The name of the strategy that is looked at. */
export const SUBJECT = 'subject';

/** Plans and runs strategies with one plugin in them. Throws what the kernel says against them. */
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

  /** The plugin, or a changed one, in a strategy. It gets a copy of the options: what it does to them stays with it. */
  strategy(options: unknown, plugin: PluginDefinition = this.plugin): readonly PluginUse[] {
    return [...this.#with, { plugin, options: copyOf(options) }];
  }

  /** Plans to the end: strategies that wait for losses are trained until they have them. */
  plan(strategies: Strategies): Promise<Planned> {
    return inTemporaryDirectory(async (directory) => {
      const { experiment, lines } = this.#experiment({ strategies }, directory);
      let plan = await experiment.plan();
      if (plan.open.length > 0) {
        const { failures } = await experiment.run(plan, { command: 'conformance' });
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
      const { results, failures } = await experiment.run(first, { command: 'conformance' });
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

  /** An experiment for `checkResume` and its like. */
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

/** Options are data, but for what some schemas let through; that is shared. */
function copyOf(options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch {
    return options;
  }
}

/** Everything a plugin can decide about a strategy, as plain values, so that two plans can be compared. */
export interface PlanSnapshot {
  /** By place (`version 2`, `version 2, fork branch`) and field. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, Owned>>>>;
  /** Keys of the states: whatever changes a bit of one changes its key. */
  readonly releases: readonly string[];
  readonly captures: readonly string[];
  /** By version and what they are for. */
  readonly charges: Readonly<Record<string, unknown>>;
}

/** A value with the name of who set it: a plugin, `overrides`, or `kernel` for a default. */
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

/** How a version or a fork is called in messages. */
export const placeOf = (version: number | string, fork?: string): string =>
  `version ${version}${fork === undefined ? '' : `, fork ${fork}`}`;

/** A value in a message, on one line. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 8 });
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
