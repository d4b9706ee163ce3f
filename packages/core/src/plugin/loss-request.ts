import { isPlainObject } from '../plain-object.js';
import { didYouMean } from '../suggest.js';

/** Which losses a reactive plugin asks for. */
export interface LossRequest {
  /**
   * The path: `main`, or a fork that `forks` names before this one. Default: the path that the branch leaves, or, if
   * that depends on losses, the path before it in `forks`.
   */
  readonly path?: string;
  /**
   * Steps of that path before the state that is measured. Default: where the branch leaves, or, if that depends on
   * losses, the end of the path.
   */
  readonly at?: number;
  /**
   * What is measured: the `data` of the version (default), or the `held-out` text of all versions up to this one, for
   * plugins with `heldOut: true`.
   */
  readonly on?: 'data' | 'held-out';
  /** Sequences to measure, drawn at random; every request of a version gets the same ones. Default: all of them. */
  readonly sample?: number;
}

/** Names a request in lookups: requests with equal members ask for the same losses. */
export const lossRequestKey = ({ path, at, on, sample }: LossRequest): string =>
  JSON.stringify([path ?? null, at ?? null, on ?? 'data', sample ?? null]);

const KEYS = ['path', 'at', 'on', 'sample'];
const TEXTS = ['data', 'held-out'];

/** Checks a request of a plugin. `steps`: the length of every path. Throws an error that says what is wrong. */
export function checkLossRequest(asked: unknown, steps: ReadonlyMap<string, number>): LossRequest {
  if (asked === undefined) return {};
  if (!isPlainObject(asked)) throw new Error('losses takes an object: losses({ path, at, on, sample })');
  const strange = Object.keys(asked).find((key) => !KEYS.includes(key));
  if (strange !== undefined) throw new Error(`losses has no option ${strange}; its options are ${KEYS.join(', ')}`);
  const request: LossRequest = asked;
  const { path, at, on, sample } = request;
  if (on !== undefined && !TEXTS.includes(on)) {
    throw new Error(`losses: on must be 'data' or 'held-out', not ${JSON.stringify(on)}`);
  }
  if (path !== undefined && !steps.has(path)) {
    const remedy = didYouMean(String(path), [...steps.keys()]);
    throw new Error(`losses asks for the path ${path}, which is not decided before this branch. ${remedy}`);
  }
  assertWhole('at', at, 0);
  assertWhole('sample', sample, 1);
  const longest = path === undefined ? Math.max(...steps.values()) : steps.get(path)!;
  if (at !== undefined && at > longest) {
    const has = path === undefined ? 'the longest path has' : `the ${path} path has`;
    throw new Error(`losses asks for the state after ${at} steps, but ${has} ${longest}`);
  }
  return request;
}

function assertWhole(name: string, value: unknown, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return;
  throw new Error(`losses: ${name} must be a whole number, ${least} or more, not ${JSON.stringify(value)}`);
}
