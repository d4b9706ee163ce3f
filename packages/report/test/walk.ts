/** Simulated strategies: losses follow a scaling law with noise, and equal steps are shared. */
import { createHash } from 'node:crypto';
import type { Cost } from '@branchline/core';
import type { GraphNodeResult, PathResult, ReleaseResult } from '@branchline/evaluation';

export const sha = (text: string) => createHash('sha256').update(text).digest('hex');
/** A number in [-1, 1) that depends only on `text`. */
const noise = (text: string) => Number.parseInt(sha(text).slice(0, 8), 16) / 2 ** 31 - 1;

export const T = 160;
export const warmup = 16;
export const peak = 3e-3;
export const floor = 0.01;
export const alpha = 0.6;
export const tokensPerStep = 16 * 128;
export const flopsPerToken = 5_210_112;
export const secondsPerStep = 0.094;
export const domains = ['documentation', 'source', 'type declarations'];

export const costOf = (steps: number): Cost => ({
  tokens: steps * tokensPerStep,
  flops: steps * tokensPerStep * flopsPerToken,
  steps,
  deviceSeconds: steps * secondsPerStep,
  energyJoules: 7 * steps * secondsPerStep,
  money: 2.5e-5 * steps * secondsPerStep,
});
export const versionName = (version: number) => `part ${version}`;

/** One state in the tree of steps. */
export interface State {
  readonly key: string;
  readonly parent: State | undefined;
  readonly position: number;
  readonly kind: GraphNodeResult['kind'];
  readonly rate: number;
  readonly loss: number;
  readonly sum: number;
  readonly fall: number;
  readonly momentum: number;
  readonly seen: readonly number[];
  readonly children: Map<string, State>;
  readonly strategies: Set<string>;
  readonly releases: { strategy: string; version: number }[];
  readonly parts: State[];
  cut: boolean;
}

export const state = (key: string, parent: State | undefined, rest: Partial<State>): State => ({
  position: 0,
  kind: 'step',
  rate: 0,
  loss: 5.545,
  sum: 0,
  fall: 0,
  momentum: 0,
  seen: [],
  ...parent,
  ...rest,
  key: sha(`${parent?.key ?? ''}|${key}`),
  parent,
  children: new Map(),
  strategies: new Set(),
  releases: [],
  parts: [],
  cut: rest.kind !== 'step',
});

function child(parent: State, key: string, make: () => Partial<State>): State {
  let found = parent.children.get(key);
  if (!found) parent.children.set(key, (found = state(key, parent, make())));
  return found;
}

/** Loss of a state after Tissue et al. (2024), from the sum of the rates and their decay. */
const lossOf = (s: { sum: number; fall: number }) => 1.13 + 0.86 * (s.sum + 0.012) ** -0.42 * 0.55 - 8.5 * s.fall;

function step(from: State, rate: number, version: number, batch: string): State {
  return child(from, `${rate}|${batch}`, () => {
    const momentum = 0.985 * from.momentum + (from.rate === 0 ? 0 : Math.max(0, from.rate - rate));
    const sum = from.sum + rate;
    const fall = from.fall * 0.985 + momentum * 0.02;
    const seen = [...from.seen];
    seen[version] = (seen[version] ?? 0) + 1;
    return {
      position: from.position + 1,
      rate,
      momentum,
      sum,
      fall,
      seen,
      loss: lossOf({ sum, fall }) + 0.07 * noise(batch),
      kind: 'step',
    };
  });
}

export type Rate = (index: number, steps: number) => number;
export const warm =
  (rate: Rate): Rate =>
  (i, n) =>
    i < warmup ? (peak * (i + 1)) / warmup : rate(i - warmup, n - warmup);
export const cosine = warm((i, n) => peak * (floor + ((1 - floor) * (1 + Math.cos((Math.PI * (i + 1)) / n))) / 2));
export const decayTo =
  (end: number): Rate =>
  (i, n) =>
    peak * (1 - Math.sqrt((i + 1) / n)) + end * Math.sqrt((i + 1) / n);

/** Builds one strategy by walking the tree. */
export class Walk {
  readonly paths: PathResult[] = [];
  readonly releases: ReleaseResult[] = [];
  readonly steps = new Set<State>();

  constructor(
    readonly name: string,
    readonly skill: (version: number) => number,
  ) {}

  path(from: State, version: number, name: string, steps: number, rate: Rate, batch: (i: number) => [number, string]) {
    let at = from;
    const states: State[] = [];
    for (let i = 0; i < steps; i++) {
      const [of, key] = batch(i);
      at = step(at, rate(i, steps), of, key);
      at.strategies.add(this.name);
      this.steps.add(at);
      states.push(at);
    }
    at.cut = true;
    const thin = Math.max(1, Math.round(states.length / 160));
    this.paths.push({
      version,
      name,
      begin: from.position,
      end: at.position,
      releases: false,
      rate: states
        .filter((s, i) => i % 4 === 0 || i === states.length - 1 || s.rate !== states[i - 1]?.rate)
        .map((s) => [s.position, s.rate]),
      loss: states.filter((_, i) => i % thin === 0).map((s) => [s.position, s.loss]),
    });
    return at;
  }

  reset(from: State): State {
    const at = child(from, 'reset', () => ({ kind: 'reset', rate: 0, momentum: 0 }));
    at.strategies.add(this.name);
    return at;
  }

  release(end: State, version: number, average = 1, every = 1): State {
    this.paths[this.paths.length - 1] = { ...this.paths.at(-1)!, releases: true };
    let at = end;
    if (average > 1) {
      const parts: State[] = [];
      for (let part = end, back = 0; parts.length < average; part = part.parent!, back++) {
        if (back % every === 0) parts.push(part);
      }
      for (const part of parts) part.cut = true;
      at = child(end, `average ${average} x ${every}`, () => ({ kind: 'derived', fall: end.fall + 0.006 }));
      at.parts.splice(0, at.parts.length, ...parts);
      at.strategies.add(this.name);
    }
    at.releases.push({ strategy: this.name, version });
    const base = lossOf(at) + this.skill(version);
    const loss = base + 0.003 * noise(at.key);
    const byVersion = [1, 2, 3, 4].map(
      (v) => loss + (at.seen[v] ? 0.02 * (v === version ? -1 : 0.5) : 0.16) + 0.02 * noise(at.key + v),
    );
    const byDomain = [0.19, 0.02, -0.2];
    this.releases.push({
      version,
      seed: 17,
      checkpoint: at.key,
      weightsDigest: sha(`weights ${at.key}`),
      averaged: average,
      loss,
      bitsPerByte: loss / Math.LN2,
      lossByDomain: Object.fromEntries(
        domains.map((name, i) => [name, loss + byDomain[i]! + 0.02 * noise(at.key + name)]),
      ),
      lossByVersion: Object.fromEntries(byVersion.map((value, index) => [versionName(index + 1), value])),
      heldOut: byVersion.flatMap((value, index) =>
        // The last domain is new in version 3.
        domains.slice(0, index < 2 ? -1 : undefined).map((domain, i) => ({
          version: index + 1,
          domain,
          tokens: 8192,
          loss: value + byDomain[i]!,
          bitsPerByte: (value + byDomain[i]!) / 3,
        })),
      ),
      ...(version > 1 && {
        transfer: {
          forgetting: 0.02 * noise(`${at.key} forgetting`),
          backwardTransfer: -0.1 + 0.02 * noise(`${at.key} backward`),
          forwardTransfer: loss + 0.16,
        },
      }),
      cumulative: costOf(this.steps.size),
    });
    return at;
  }
}
