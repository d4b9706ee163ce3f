/** The part of a run's outcome that must not depend on interruptions. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cost, digestBytes, type ExperimentPlan, Ledger } from '@branchline/core';
import type { Results } from '@branchline/evaluation';

/** The outcome to compare. The fields that explain most come first. */
export interface RunOutcome {
  /** Digests of all files of all checkpoints that are kept: weights and optimizer state. */
  readonly states: unknown;
  /** Releases and captured states by strategy, with their losses. */
  readonly releases: unknown;
  /** Training losses of every path, as plotted. */
  readonly curves: unknown;
  readonly costs: object;
}

const amounts = ({ steps, tokens, flops }: Cost) => ({ steps, tokens, flops });

/** Reads the outcome of a finished run from its results and its directory. */
export async function outcomeOf(plan: ExperimentPlan, results: Results, directory: string): Promise<RunOutcome> {
  const byName = <T>(of: (strategy: Results['strategies'][number]) => T) =>
    Object.fromEntries(results.strategies.map((strategy) => [strategy.name, of(strategy)]));
  return {
    states: await statesOf(plan, join(directory, 'checkpoints')),
    releases: byName(({ releases, captures }) => ({
      releases: releases.map(({ cumulative: _, ...release }) => release),
      captures,
    })),
    curves: byName(({ paths }) => paths),
    costs: {
      strategies: byName(({ cost, releases }) => ({
        standalone: amounts(cost.standalone),
        attributed: amounts(cost.attributed),
        ratioToBaseline: cost.ratioToBaseline,
        cumulative: releases.map(({ cumulative }) => amounts(cumulative)),
      })),
      graph: { trained: results.graph.tokensTrained, standalone: results.graph.tokensStandalone },
      actual: { steps: results.actual.steps, tokens: results.actual.tokens },
    },
  };
}

/**
 * Digests the files themselves instead of trusting manifests. Sorted in training order: the first difference is first.
 */
async function statesOf(plan: ExperimentPlan, checkpoints: string): Promise<Record<string, Record<string, string>>> {
  const nodes = new Map(plan.graph.nodes().map((node) => [node.key, node]));
  const found = (await readdir(checkpoints)).map((key) => {
    const node = nodes.get(key);
    const whose = node === undefined ? 'of no path' : `at step ${node.position} of ${[...node.strategies].join(', ')}`;
    return { key, position: node?.position ?? Number.POSITIVE_INFINITY, name: `${key.slice(0, 8)} ${whose}` };
  });
  const states: Record<string, Record<string, string>> = {};
  for (const { key, name } of found.sort((a, b) => a.position - b.position || (a.key < b.key ? -1 : 1))) {
    const files = (await readdir(join(checkpoints, key))).filter((file) => file.endsWith('.safetensors'));
    states[name] = {};
    for (const file of files.sort()) states[name][file] = digestBytes(await readFile(join(checkpoints, key, file)));
  }
  return states;
}

/** Problems of the ledger of a finished run. Empty if every step was booked exactly once. */
export async function wrongInLedger(directory: string, results: Results): Promise<readonly string[]> {
  const entries = await Ledger.read(join(directory, 'ledger.jsonl'));
  const trained = entries.filter(({ kind }) => kind === 'train');
  const steps = trained.reduce((sum, entry) => sum + entry.steps, 0);
  const planned = results.graph.edges.reduce((sum, edge) => sum + edge.steps, 0);
  const wrong: string[] = [];
  if (new Set(entries.map(({ id }) => id)).size < entries.length) wrong.push('two lines of the ledger share an id');
  if (new Set(trained.map(({ to }) => to)).size < trained.length) wrong.push('a chunk was booked twice');
  if (steps !== planned) wrong.push(`the ledger has ${steps} steps, the plan ${planned}`);
  if (results.actual.steps !== steps)
    wrong.push(`the results count ${results.actual.steps} steps, the ledger ${steps}`);
  return wrong;
}

/** Keys of the states that a plan releases and captures, by strategy. */
export function targetsOf(plan: ExperimentPlan) {
  return Object.fromEntries(
    plan.strategies.map(({ strategy, releases, captures }) => [
      strategy.name,
      { releases: releases.map(({ key }) => key), captures: captures.map(({ key }) => key) },
    ]),
  );
}

/** Differences of two plain values, one line each: the path, the new value, and the old one. */
export function differences(was: unknown, is: unknown, path = ''): readonly string[] {
  if (Object.is(was, is)) return [];
  if (isRecord(was) && isRecord(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return keys.flatMap((key) => differences(was[key], is[key], path === '' ? key : `${path} / ${key}`));
  }
  return [`${path}: ${show(is)} instead of ${show(was)}`];
}

/**
 * True when there is no difference. Unlike Node's `isDeepStrictEqual` it ignores prototypes, because some test runners
 * have their own copies of built-in classes.
 */
export const alike = (was: unknown, is: unknown): boolean => differences(was, is).length === 0;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 12)}...` : text;
};

const SHOWN = 5;

/** An Error with what failed, the first differences, hints at the cause, and the error behind it if there is one. */
export function failed(what: string, found: readonly string[], hints: readonly string[] = [], cause?: unknown): Error {
  const more = found.length > SHOWN ? [`  and ${found.length - SHOWN} more`] : [];
  const message = [what, ...found.slice(0, SHOWN).map((line) => `  ${line}`), ...more, ...hints].join('\n');
  return new Error(message, cause === undefined ? undefined : { cause });
}
