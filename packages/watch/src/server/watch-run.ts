import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LiveState, parseResults, renderReport } from '@branchline/report';
import { RunWatch } from '../state/run-watch.js';
import { serveWatch, type WatchServer } from './serve.js';

/** Options of {@link watchRun}. */
export interface WatchRunOptions {
  /** 0, the default: one that is free. */
  readonly port?: number;
  /**
   * The run begins after this moment, in milliseconds since 1970; until then it is planning, whatever an earlier start
   * left in its directory, which need not exist yet. Absent: the run is shown as it is.
   */
  readonly startsAfter?: number;
}

/** Reads the state of a run again and again. Throws a BranchlineError (`config`) if the directory is no run. */
export function stateReader(directory: string, { startsAfter }: WatchRunOptions = {}): () => Promise<LiveState> {
  const watch = new RunWatch(directory, { expected: startsAfter !== undefined });
  return async () => {
    const state = await watch.read();
    return startsAfter === undefined ? state : sinceStart(state, startsAfter);
  };
}

/** The state without what an earlier start of the run did. */
export function sinceStart(state: LiveState, startsAfter: number): LiveState {
  if ((state.startedAt ?? Number.NEGATIVE_INFINITY) >= startsAfter) return state;
  const {
    about: _about,
    results: _results,
    updatedAt: _updated,
    timeLeft: _left,
    tokensPerSecond: _speed,
    ...rest
  } = state;
  return {
    ...rest,
    status: 'planning',
    startedAt: startsAfter,
    steps: { done: 0, planned: 0 },
    segments: {},
    lanes: [],
    curves: [],
    messages: [],
  };
}

/** Serves the live page of a run directory. Throws a BranchlineError (`config`) for a wrong directory or port. */
export async function watchRun(directory: string, options: WatchRunOptions = {}): Promise<WatchServer> {
  const read = stateReader(directory, options);
  // A wrong directory is an error now, not in the browser.
  await read();
  return serveWatch({
    read,
    report: () => reportOf(directory),
    ...(options.port !== undefined && { port: options.port }),
  });
}

/** The report of results.json; undefined if there is none, or if it is being replaced or damaged. */
async function reportOf(directory: string): Promise<string | undefined> {
  try {
    return renderReport(parseResults(JSON.parse(await readFile(join(directory, 'results.json'), 'utf8'))));
  } catch {
    return undefined;
  }
}
