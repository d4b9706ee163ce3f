/**
 * Records of the plans trained in a run directory: which states each plan needs, and why. Written before the first
 * step, so that the store can be inspected and cleaned up without the experiment file.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { removeLeftovers, writeFileAtomic } from '../files/durable.js';
import { makeFolder } from '../files/make-folder.js';
import { type GraphNode, rootOf, stepsSinceRoot } from '../graph/run-graph.js';
import { type Digest, digestBytes, digestJson, isDigest, parseStored } from '../json.js';
import type { StepContents } from '../path/order-contents.js';
import type { RatePiece } from '../path/rate-pieces.js';
import type { StepRange } from '../path/step-ranges.js';
import { isPlainObject } from '../plain-object.js';
import { type ExperimentPlan, type PlanBasis, targetsOf } from './experiment-plan.js';
import type { VersionContent } from './version-content.js';

/** Why a plan needs a state. */
export type StateRole =
  | { readonly role: 'release'; readonly strategy: string; readonly version: number }
  | { readonly role: 'capture'; readonly strategy: string }
  /** Its losses decide how planning of the strategy continues. */
  | {
      readonly role: 'measure';
      readonly strategy: string;
      /** Digest of the request; absent in older records. */
      readonly question?: Digest;
    }
  /** Part of an average. */
  | { readonly role: 'average' }
  /** Another path starts from it with parts reset. */
  | { readonly role: 'start' }
  /** Steps of another path learn from it. */
  | { readonly role: 'teacher' }
  /** Paths diverge after it. */
  | { readonly role: 'fork' }
  /** The next version can continue from it. */
  | { readonly role: 'tip' };

/** A state of a plan. */
export interface PlannedState {
  readonly key: Digest;
  readonly kind: GraphNode['kind'];
  /** Seed of the initial weights; absent in records of 0.1.0. */
  readonly seed?: number;
  /** Key of its root, and steps since the root. */
  readonly root: Digest;
  readonly steps: number;
  /** Steps since the weights were initialized. */
  readonly position: number;
  /** The previous node on its path; absent for a root. */
  readonly from?: Digest;
  /** States that a derived or reset root is made from; absent for other states. */
  readonly sources?: readonly Digest[];
  /** The state that the steps from the previous node learn from. */
  readonly teacher?: Digest;
  /** The steps from the previous node; absent for a root, in older records, and if there are very many ranges. */
  readonly ranges?: readonly RecordedRange[];
  readonly roles: readonly StateRole[];
}

/** A step range as a key holds it. */
export interface RecordedRange {
  readonly rate: RatePiece;
  /** Digest of the content of the order up to the end of the range, and where in the order the range starts. */
  readonly data: Digest;
  readonly offset: number;
  /** Digest of the loss weights, if there are any. */
  readonly weights?: Digest;
  /** Id of the objective, if it is not the usual one. */
  readonly objective?: Digest;
  /** As in {@link StepRange}. */
  readonly numerics?: string;
}

/** `plans/<digest>.json` */
export interface PlanRecord {
  readonly format: 1;
  readonly experiment: string;
  /** Digest of the plan: plans with equal digests need equal states. */
  readonly plan: Digest;
  readonly strategies: readonly string[];
  /** Absent in records of 0.1.0. */
  readonly seeds?: readonly number[];
  /** Absent in records of 0.1.0. */
  readonly basis?: PlanBasis;
  /** Absent in records of 0.1.0. */
  readonly versions?: readonly VersionContent[];
  /** Time of the last start, ISO 8601. */
  readonly time: string;
  readonly states: readonly PlannedState[];
}

const FOLDER = 'plans';

export async function writePlanRecord(
  directory: string,
  plan: ExperimentPlan,
  experiment: string,
  clock: Clock,
): Promise<void> {
  const record: PlanRecord = {
    format: 1,
    experiment,
    plan: plan.digest,
    strategies: strategiesOf(plan),
    seeds: plan.seeds,
    basis: plan.basis,
    versions: plan.contentOfVersions(),
    time: new Date(clock()).toISOString(),
    states: statesOf(plan),
  };
  const digest = digestBytes(JSON.stringify(record));
  await makeFolder(join(directory, FOLDER));
  await removeLeftovers(join(directory, FOLDER));
  await writeFileAtomic(join(directory, FOLDER, `${plan.digest}.json`), `${JSON.stringify({ digest, record })}\n`);
}

/** Names of the strategies of a plan. */
export const strategiesOf = ({ strategies, open }: ExperimentPlan): readonly string[] => [
  ...new Set([...strategies, ...open].map(({ strategy }) => strategy.name)),
];

/**
 * Reads the records of all plans of a run directory, most recently started first. `damaged`: paths of unusable files.
 */
export async function readPlanRecords(
  directory: string,
): Promise<{ readonly records: readonly PlanRecord[]; readonly damaged: readonly string[] }> {
  const folder = join(directory, FOLDER);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const records: PlanRecord[] = [];
  const damaged: string[] = [];
  for (const name of names.filter((file) => file.endsWith('.json')).sort()) {
    const record = readRecord(await readFile(join(folder, name), 'utf8'));
    if (record === undefined) damaged.push(join(folder, name));
    else records.push(record);
  }
  return { records: records.sort((a, b) => (a.time < b.time ? 1 : -1)), damaged };
}

function readRecord(text: string): PlanRecord | undefined {
  try {
    const { digest, record } = parseStored(text) as { digest: Digest; record: PlanRecord };
    return isPlanRecord(record) && digestBytes(JSON.stringify(record)) === digest ? record : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function isPlanRecord(value: unknown): value is PlanRecord {
  return (
    isPlainObject(value) &&
    value.format === 1 &&
    [value.experiment, value.time].every(isText) &&
    isDigest(value.plan) &&
    Array.isArray(value.strategies) &&
    value.strategies.every(isText) &&
    (value.seeds === undefined || (Array.isArray(value.seeds) && value.seeds.every(isCount))) &&
    Array.isArray(value.states) &&
    value.states.every(isPlannedState)
  );
}

function isPlannedState(value: unknown): value is PlannedState {
  return (
    isPlainObject(value) &&
    isText(value.kind) &&
    (value.seed === undefined || isCount(value.seed)) &&
    [value.key, value.root].every(isDigest) &&
    (value.from === undefined || isDigest(value.from)) &&
    (value.teacher === undefined || isDigest(value.teacher)) &&
    (value.sources === undefined || (Array.isArray(value.sources) && value.sources.every(isDigest))) &&
    [value.steps, value.position].every(isCount) &&
    Array.isArray(value.roles) &&
    value.roles.every((role) => isPlainObject(role) && isText(role.role))
  );
}

/** Deletes the record of a plan, if there is one. */
export async function removePlanRecord(directory: string, plan: Digest): Promise<void> {
  await rm(join(directory, FOLDER, `${plan}.json`), { force: true });
}

/** With weights or rates decided step by step, a segment can have a range for each step. */
const MOST_RANGES = 1000;

function recordedRanges(ranges: readonly StepRange[], { batch, contents }: StepContents): Pick<PlannedState, 'ranges'> {
  if (ranges.length > MOST_RANGES) return {};
  const recorded = ranges.map(({ rate, order, offset, weights, objective, numerics }) => ({
    rate,
    data: contents.prefix(order, offset + rate.steps * batch),
    offset,
    ...(weights && { weights: digestJson([...weights]) }),
    ...(objective && { objective: objective.id }),
    ...(numerics && { numerics }),
  }));
  return { ranges: recorded };
}

function statesOf(plan: ExperimentPlan): readonly PlannedState[] {
  const roles = new Map<GraphNode, StateRole[]>();
  const add = (node: GraphNode, role: StateRole) => void roles.set(node, [...(roles.get(node) ?? []), role]);
  for (const { strategy, releases, captures } of plan.strategies) {
    for (const [index, node] of releases.entries()) {
      add(node, { role: 'release', strategy: strategy.name, version: index + 1 });
    }
    for (const node of captures) add(node, { role: 'capture', strategy: strategy.name });
  }
  for (const { strategy, node, question, settled } of plan.open) {
    add(node, { role: 'measure', strategy: strategy.name, question });
    // Releases get their version number when the strategy is completely planned.
    for (const early of settled) add(early, { role: 'capture', strategy: strategy.name });
  }
  const targets = new Set(targetsOf(plan));
  return plan.graph.nodes().map((node) => {
    if (node.dependents.some(({ kind }) => kind === 'derived')) add(node, { role: 'average' });
    if (node.dependents.some(({ kind }) => kind !== 'derived')) add(node, { role: 'start' });
    if (node.outgoing.length > 1 || (targets.has(node) && node.outgoing.length > 0)) add(node, { role: 'fork' });
    if (node.tip) add(node, { role: 'tip' });
    if (node.teaches) add(node, { role: 'teacher' });
    return {
      key: node.key,
      kind: node.kind,
      seed: node.seed,
      root: rootOf(node).key,
      steps: stepsSinceRoot(node),
      position: node.position,
      ...(node.incoming && { from: node.incoming.from.key }),
      ...(node.incoming && recordedRanges(node.incoming.ranges, plan.graph.basis)),
      ...(node.sources.length > 0 && { sources: node.sources.map((source) => source.node.key) }),
      ...(node.incoming?.teacher && { teacher: node.incoming.teacher.key }),
      roles: roles.get(node) ?? [],
    };
  });
}
