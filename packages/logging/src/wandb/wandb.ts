/** The logger `wandb`: a run of Weights & Biases for every track, through its Python client. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
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
import { WandbClient, type WandbRun, type WandbSettings } from './client.js';

/** Runs of W&B: one for each path, and one for the releases of each strategy and seed, in one group. */
export const wandb = defineLogger({
  name: 'wandb',
  description: 'Logs runs to Weights & Biases, or to files for `wandb sync`',
  options: z.strictObject({
    mode: z
      .enum(['online', 'offline'])
      .optional()
      .describe('offline writes files for `wandb sync`. Default: WANDB_MODE, else online, which needs `wandb login`.'),
    project: z.string().min(1).max(128).optional().describe("Project. Default: the experiment's name."),
    entity: z.string().min(1).optional().describe('User or team. Default: that of the login.'),
    python: z.string().min(1).optional().describe('A Python that has wandb. Default: python3.'),
    directory: z
      .string()
      .min(1)
      .optional()
      .describe('W&B writes to the folder wandb in it. Default: log in the run directory.'),
  }),
  paths: ['directory'],
  open: async ({ mode, project, entity, python, directory }, context) => {
    const wanted = mode ?? process.env.WANDB_MODE ?? 'online';
    if (wanted !== 'online' && wanted !== 'offline') throw new Error(`WANDB_MODE is ${wanted}: use online or offline`);
    const settings: WandbSettings = {
      mode: wanted,
      project: project ?? projectOf(context.experiment),
      ...(entity !== undefined && { entity }),
      directory: directory ?? join(context.directory, 'log'),
    };
    const start = () => WandbClient.start(python ?? 'python3', settings, context.signal);
    return new WandbRuns(await start(), start, context);
  },
});

/** A name that W&B takes for a project. */
const projectOf = (name: string) => name.replace(/[/\\#?%:]/g, '-').slice(0, 128);

class WandbRuns implements LogSink {
  constructor(
    private client: WandbClient,
    private readonly start: () => Promise<WandbClient>,
    private readonly context: LogContext,
  ) {}

  async lastStep(track: LogTrack): Promise<number | undefined> {
    return (await (await this.#alive()).known(this.#id(track.name))).last ?? undefined;
  }

  async hasRelease(track: LogTrack, { step, values }: LogPoint): Promise<boolean> {
    const { releases } = await (await this.#alive()).known(this.#id(track.name));
    return releases.some(([version, loss]) => version === step && loss === values.loss);
  }

  async write(track: LogTrack, points: readonly LogPoint[]): Promise<void> {
    const client = await this.#alive();
    const run = this.#run(track);
    if (track.kind === 'path') await client.log(run, points);
    else {
      const rows = points.map(({ step, values }) => ({
        values: {
          version: step,
          ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`release_${name}`, value])),
        },
      }));
      const labels = points.flatMap(({ step, labels = {} }) =>
        Object.entries(labels).map(([name, value]) => [`release.${step}.${name}`, value] as const),
      );
      await client.log(run, rows, Object.fromEntries(labels));
    }
  }

  async finish({ outcome }: LogEnd): Promise<void> {
    await (await this.#alive()).finish(outcome === 'completed' ? 0 : 1);
  }

  /** The client, started again if its process ended. */
  async #alive(): Promise<WandbClient> {
    if (!this.client.alive) this.client = await this.start();
    return this.client;
  }

  /** The same in every run of the directory, and in no other directory. */
  #id(track: string): string {
    return createHash('sha256').update(`${this.context.run}\n${track}`).digest('hex').slice(0, 16);
  }

  #run(track: LogTrack): WandbRun {
    const { name, kind, strategy, seed, version, path, begin, parent, key, strategies } = track;
    const { experiment, settings, run, command } = this.context;
    const { strategies: all, ...shared } = settings;
    const plugins = (all as Readonly<Record<string, JsonValue>> | undefined)?.[strategy] ?? [];
    return {
      id: this.#id(name),
      name: kind === 'path' ? `${strategy}, seed ${seed}, v${version} ${path}` : `${strategy}, seed ${seed}, releases`,
      group: `${experiment} ${run.slice(0, 8)}`,
      jobType: kind,
      ...(kind === 'releases' && { over: ['version'] }),
      config: {
        ...shared,
        branchline: {
          ...{ track: name, strategy, seed, plugins, strategies, begin, command },
          ...(kind === 'path' && { version, path, key }),
          ...(parent && { parent: { ...parent, run: this.#id(parent.track) } }),
        },
      },
    };
  }
}
