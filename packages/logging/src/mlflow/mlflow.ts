/** The logger `mlflow`: nested runs over MLflow's REST API. */
import {
  defineLogger,
  type JsonValue,
  type LogContext,
  type LogEnd,
  type LogPoint,
  type LogSink,
  type LogTrack,
} from '@branchline/core';
import { z } from 'zod';
import { type KeyValue, MlflowClient, type MlflowMetric, type MlflowRun } from './client.js';
import { parametersOf } from './parameters.js';

const isServer = (value: string) => {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '';
};

/** Runs of MLflow: one for the experiment, below it one for each strategy and seed, below those one for each path. */
export const mlflow = defineLogger({
  name: 'mlflow',
  description: 'Logs nested runs to an MLflow server',
  options: z.strictObject({
    uri: z
      .string()
      .refine(isServer, 'must be an address such as http://127.0.0.1:5000, without a password')
      .optional()
      .describe('The server. Default: MLFLOW_TRACKING_URI, else http://127.0.0.1:5000.'),
    experiment: z.string().min(1).optional().describe("Name in MLflow. Default: the experiment's name."),
  }),
  open: async ({ uri, experiment }, context) => {
    const server = uri ?? process.env.MLFLOW_TRACKING_URI ?? 'http://127.0.0.1:5000';
    if (!isServer(server)) throw new Error(`MLFLOW_TRACKING_URI is ${server}: give the http address of a server`);
    return new MlflowRuns(new MlflowClient(server, context.signal), experiment ?? context.experiment, context);
  },
});

/** What names a run of ours: the run directory, and what it is in it. */
const RUN_TAG = 'branchline.run';
const NODE_TAG = 'branchline.node';
const PARAMETERS_TAG = 'branchline.parameters';
const ROOT = 'experiment';

/** What the server has. */
interface Known {
  readonly experiment: string;
  /** Our runs by what they are. */
  readonly runs: Map<string, MlflowRun>;
  /** Releases by the id of their run. */
  readonly releases: Map<string, Set<string>>;
}

class MlflowRuns implements LogSink {
  #known: Known | undefined;
  /** Ids of runs that were marked as running in this process. */
  readonly #begun = new Set<string>();

  constructor(
    private readonly client: MlflowClient,
    private readonly experiment: string,
    private readonly context: LogContext,
  ) {}

  lastStep({ name }: LogTrack): Promise<number | undefined> {
    return this.#asking(async ({ runs }) => {
      const steps = (runs.get(`path ${name}`)?.data.metrics ?? []).filter(({ key }) => key === 'loss');
      return steps.length === 0 ? undefined : Number(steps[0]!.step);
    });
  }

  hasRelease(track: LogTrack, { step, values }: LogPoint): Promise<boolean> {
    return this.#asking(async (known) => {
      const run = known.runs.get(strategyNode(track));
      if (run === undefined) return false;
      const { run_id: id } = run.info;
      let releases = known.releases.get(id);
      if (releases === undefined) {
        const history = await this.client.history(id, 'release_loss');
        releases = new Set(history.map((of) => releaseOf(of.step, of.value)));
        known.releases.set(id, releases);
      }
      return releases.has(releaseOf(step, values.loss!));
    });
  }

  write(track: LogTrack, points: readonly LogPoint[]): Promise<void> {
    return this.#asking(async (known) => {
      const prefix = track.kind === 'path' ? '' : 'release_';
      const metrics = points.flatMap(({ step, time: timestamp, values }) =>
        Object.entries(values).map(([key, value]) => ({ key: `${prefix}${key}`, value, timestamp, step })),
      );
      const tags = points.flatMap(({ step, labels = {} }) =>
        Object.entries(labels).map(([key, value]) => ({ key: `branchline.release.${step}.${key}`, value })),
      );
      const add = { metrics, tags };
      const { info } =
        track.kind === 'path' ? await this.#path(known, track, add) : await this.#strategy(known, track, add);
      const releases = known.releases.get(info.run_id);
      if (track.kind === 'releases')
        for (const { step, values } of points) releases?.add(releaseOf(step, values.loss!));
    });
  }

  finish({ outcome, artifacts }: LogEnd): Promise<void> {
    return this.#asking(async (known) => {
      const root = await this.#root(known);
      for (const artifact of artifacts) {
        await this.client.upload(root.info, artifact.name, await artifact.content());
      }
      const status = ({ completed: 'FINISHED', failed: 'FAILED', stopped: 'KILLED' } as const)[outcome];
      const begun = [...known.runs.values()].filter(({ info }) => this.#begun.has(info.run_id));
      for (const { info } of begun) await this.client.update(info.run_id, status);
    });
  }

  /** Works with what the server has, which is asked for anew after an error. */
  async #asking<T>(work: (known: Known) => Promise<T>): Promise<T> {
    try {
      this.#known ??= await this.#ask();
      return await work(this.#known);
    } catch (error) {
      this.#known = undefined;
      throw error;
    }
  }

  async #ask(): Promise<Known> {
    const experiment = await this.client.experiment(this.experiment);
    const found = await this.client.search(experiment, `tags.\`${RUN_TAG}\` = '${this.context.run}'`);
    const nodes = found.map((run) => [tagOf(run, NODE_TAG) ?? '', run] as const);
    return { experiment, runs: new Map(nodes), releases: new Map() };
  }

  #root(known: Known): Promise<MlflowRun> {
    const { experiment, directory, command, settings } = this.context;
    const tags = { 'branchline.directory': directory, 'branchline.command': command };
    const { strategies: _, ...own } = settings;
    return this.#run(known, { node: ROOT, name: experiment, tags, parameters: parametersOf(own) });
  }

  async #strategy(known: Known, track: LogTrack, add: Added = NOTHING): Promise<MlflowRun> {
    const { strategy, seed } = track;
    const parent = await this.#root(known);
    const { strategies } = this.context.settings;
    const plugins = (strategies as Readonly<Record<string, JsonValue>> | undefined)?.[strategy] ?? [];
    return this.#run(known, {
      node: strategyNode(track),
      name: `${strategy}, seed ${seed}`,
      parent,
      tags: { 'branchline.strategy': strategy, 'branchline.seed': String(seed) },
      parameters: parametersOf({ strategy, seed, plugins }),
      add,
    });
  }

  async #path(known: Known, track: LogTrack, add: Added): Promise<MlflowRun> {
    const { name, strategy, seed, version = 0, path = '', begin, parent: from, key, strategies } = track;
    const parent = await this.#strategy(known, track);
    const before = from && known.runs.get(`path ${from.track}`);
    return this.#run(known, {
      node: `path ${name}`,
      name: `${strategy}, v${version} ${path}`,
      parent,
      tags: {
        ...{ 'branchline.strategy': strategy, 'branchline.seed': String(seed), 'branchline.begin': String(begin) },
        ...{ 'branchline.version': String(version), 'branchline.path': path },
        'branchline.strategies': strategies.join(', '),
        ...(key && { 'branchline.key': key }),
        ...(from && { 'branchline.parent': from.track, 'branchline.parent.position': String(from.position) }),
        ...(before && { 'branchline.parent.run': before.info.run_id }),
      },
      parameters: parametersOf({ strategy, seed, version, path, begin }),
      add,
    });
  }

  /**
   * Adds to a run of ours, which is created if the server has none, and returns it. The first time in this process, one
   * request also brings tags and parameters and marks it as running: requests take longer than what they carry.
   */
  async #run(known: Known, { node, name, parent, tags, parameters, add = NOTHING }: Wanted): Promise<MlflowRun> {
    const all = { [RUN_TAG]: this.context.run, [NODE_TAG]: node, ...tags };
    let run = known.runs.get(node);
    if (run === undefined) {
      const nested = parent && { 'mlflow.parentRunId': parent.info.run_id };
      run = await this.client.createRun(known.experiment, name, keyValues({ ...all, ...nested }));
      known.runs.set(node, run);
    } else if (!this.#begun.has(run.info.run_id)) await this.client.update(run.info.run_id, 'RUNNING');
    const { run_id: id } = run.info;
    if (this.#begun.has(id)) {
      if (add.metrics.length > 0) await this.client.logBatch(id, add);
      return run;
    }
    // Parameters cannot be changed later: those of the first run of a directory stay.
    const params = tagOf(run, PARAMETERS_TAG) === undefined ? parameters : [];
    const marked = keyValues({ ...all, [PARAMETERS_TAG]: 'logged' });
    await this.client.logBatch(id, { metrics: add.metrics, params, tags: [...marked, ...add.tags] });
    this.#begun.add(id);
    return run;
  }
}

/** What a request adds to a run. */
interface Added {
  readonly metrics: readonly MlflowMetric[];
  readonly tags: readonly KeyValue[];
}

const NOTHING: Added = { metrics: [], tags: [] };

interface Wanted {
  readonly node: string;
  readonly name: string;
  readonly parent?: MlflowRun;
  readonly tags: Readonly<Record<string, string>>;
  readonly parameters: readonly KeyValue[];
  readonly add?: Added;
}

const strategyNode = ({ strategy, seed }: LogTrack) => `strategy ${strategy}/seed-${seed}`;
const releaseOf = (version: number, loss: number) => `${version} ${loss}`;
const tagOf = ({ data }: MlflowRun, key: string) => data.tags?.find((tag) => tag.key === key)?.value;
const keyValues = (values: Readonly<Record<string, string>>): readonly KeyValue[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }));
