/** Reads the results of a run from its files only, and compares them with the undisturbed run. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type JsonValue, Ledger, type LedgerEntry, messageOf } from '@branchline/core';
import type { Results, StrategyResult } from '@branchline/evaluation';
import { filesBelow } from './damage.ts';
import { RUN } from './experiment.ts';

/** Sums over the ledger of work that was really done. */
export interface Sums {
  readonly steps: number;
  readonly tokens: number;
  readonly flops: bigint;
}

/** A finished run. */
export interface Finished {
  readonly results: Results;
  readonly ledger: readonly LedgerEntry[];
  readonly sums: Sums;
  /** SHA-256 of the actual weights in the checkpoint of each release. */
  readonly weights: ReadonlyMap<string, string>;
}

/** Differences of a run from the undisturbed one. */
export interface Differences {
  /** Differences that must never occur. */
  readonly lost: readonly string[];
  /** Releases whose files differ from the results: damage that no run has read. */
  readonly unread: readonly string[];
  /** Incomplete loss curves. */
  readonly curves: readonly string[];
  /** Steps that were trained again. */
  readonly stepsAgain: number;
}

/** Fields that differ between runs: times and what is derived from them. */
const VOLATILE = new Set(['command', 'finishedAt', 'registration', 'deviceSeconds', 'energyJoules', 'money', 'actual']);

/** Reads a finished run of a workspace. `problems` say why it is unreadable or inconsistent. */
export async function readFinished(workspace: string): Promise<{ run?: Finished; problems: readonly string[] }> {
  const directory = join(workspace, RUN);
  const problems: string[] = [];
  let results: Results;
  try {
    results = JSON.parse(await readFile(join(directory, 'results.json'), 'utf8')) as Results;
  } catch (error) {
    return { problems: [`results.json cannot be read: ${messageOf(error)}`] };
  }
  const ledger = await readLedger(join(directory, 'ledger.jsonl')).catch((error: unknown) => {
    problems.push(`the ledger does not verify: ${messageOf(error)}`);
    return [];
  });
  const sums = sumsOf(ledger);
  const { steps, tokens, flops } = results.actual;
  if (sums.steps !== steps || sums.tokens !== tokens || Number(sums.flops) !== flops) {
    const ledger = `${sums.steps} steps, ${sums.tokens} tokens, ${sums.flops} FLOPs`;
    problems.push(`the ledger adds up to ${ledger}; results.json says ${steps}, ${tokens} and ${flops}`);
  }
  const weights = new Map<string, string>();
  for (const strategy of results.strategies) {
    for (const { version, checkpoint } of strategy.releases) {
      const path = join(directory, 'checkpoints', checkpoint, 'model.safetensors');
      const digest = await readFile(path).then(sha256, () => 'missing');
      weights.set(`${labelOf(strategy)}, version ${version}`, digest);
    }
  }
  const left = (await filesBelow(join(workspace, 'runs'))).filter((file) => /(^|[/.])tmp-/.test(file));
  for (const file of left) problems.push(`runs/${file} was left behind`);
  return { run: { results, ledger, sums, weights }, problems };
}

async function readLedger(path: string): Promise<readonly LedgerEntry[]> {
  const ids = new Set<string>();
  const entries = await Ledger.read(path);
  for (const { id } of entries) {
    if (ids.has(id)) throw new Error(`the id ${id} is there twice`);
    ids.add(id);
  }
  return entries;
}

function sumsOf(entries: readonly LedgerEntry[]): Sums {
  let [steps, tokens, flops] = [0, 0, 0n];
  for (const entry of entries) {
    if (entry.kind === 'reuse') continue;
    if (entry.kind === 'train') steps += entry.steps;
    if (entry.kind !== 'evaluate') tokens += entry.tokens;
    flops += BigInt(entry.flops);
  }
  return { steps, tokens, flops };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Compares a run with the undisturbed one. */
export function compareRuns(undisturbed: Finished, run: Finished): Differences {
  const lost: string[] = [];
  const unread: string[] = [];
  const curves: string[] = [];
  const costs: string[] = [];
  const losses: string[] = [];
  for (const { strategies, message } of run.results.failures) lost.push(`${strategies.join(', ')} failed: ${message}`);
  const found = new Map(run.results.strategies.map((strategy) => [labelOf(strategy), strategy]));
  for (const expected of undisturbed.results.strategies) {
    const name = labelOf(expected);
    const strategy = found.get(name);
    if (strategy === undefined) {
      lost.push(`${name} is not in the results`);
      continue;
    }
    for (const { version, weightsDigest } of expected.releases) {
      const release = `${name}, version ${version}`;
      const said = strategy.releases.find((other) => other.version === version)?.weightsDigest;
      if (said !== weightsDigest) lost.push(`${release}: the weights differ (${said?.slice(0, 12)})`);
      if (said !== undefined && run.weights.get(release) !== said) unread.push(release);
    }
    if (!same(costsOf(strategy), costsOf(expected))) costs.push(name);
    if (!same(lossesOf(strategy), lossesOf(expected))) losses.push(name);
    if (!same(curvesOf(strategy), curvesOf(expected))) curves.push(name);
  }
  if (costs.length > 0) lost.push(`the costs of ${costs.join(', ')} differ`);
  if (losses.length > 0) lost.push(`the losses of ${losses.join(', ')} differ`);
  if (run.results.graph.tokensTrained !== undisturbed.results.graph.tokensTrained) {
    lost.push(
      `the graph has ${run.results.graph.tokensTrained} tokens, not ${undisturbed.results.graph.tokensTrained}`,
    );
  }
  if (lost.length === 0 && !same(withoutCurves(run.results), withoutCurves(undisturbed.results))) {
    lost.push('results.json differs in more than times and sums');
  }
  const stepsAgain = run.sums.steps - undisturbed.sums.steps;
  if (stepsAgain < 0) lost.push(`the ledger lacks ${-stepsAgain} steps`);
  return { lost, unread, curves, stepsAgain };
}

/** Differences of the strategies of a partial run from the undisturbed run. */
export function compareReleases(undisturbed: Results, part: Results): readonly string[] {
  return part.strategies.flatMap((one) => {
    const { releases } = one;
    const name = labelOf(one);
    const expected = undisturbed.strategies.find((strategy) => labelOf(strategy) === name)?.releases ?? [];
    const digests = (of: typeof releases) => of.map(({ weightsDigest }) => weightsDigest);
    return same(digests(releases), digests(expected)) ? [] : [`${name}: the weights of what was released differ`];
  });
}

/** Identifies a strategy with its seed. */
export const labelOf = ({ name, seed }: StrategyResult) => `${name} under seed ${seed}`;

const costsOf = ({ cost, releases }: StrategyResult) => [cost, releases.map(({ cumulative }) => cumulative)];
const lossesOf = ({ releases }: StrategyResult) => releases.map(({ cumulative: _, ...rest }) => rest);
const curvesOf = ({ paths }: StrategyResult) => paths.map(({ loss }) => loss);

function withoutCurves({ strategies, ...rest }: Results): unknown {
  const stripped = strategies.map(({ paths, ...strategy }) => ({
    ...strategy,
    paths: paths.map(({ loss: _loss, ...path }) => path),
  }));
  return { ...rest, strategies: stripped };
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(withoutVolatile(a)) === canonicalJson(withoutVolatile(b));
}

/** A copy without the fields that differ between runs. */
function withoutVolatile(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(withoutVolatile);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.has(key))
      .map(([key, part]) => [key, withoutVolatile(part)]),
  );
}
