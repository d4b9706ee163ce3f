/** Loggers: they carry the steps and releases of a run to a file or a service. They cannot change a run. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Digest, JsonValue } from '../json.js';

/**
 * One curve of a run: the steps of a path, or the releases of a strategy. A step of the run graph belongs to one track,
 * also if several strategies share it, and keeps it in later runs of the directory.
 */
export interface LogTrack {
  readonly kind: 'path' | 'releases';
  /** Unique in its run directory and the same in every run: `from scratch/seed-1/v2-main`. */
  readonly name: string;
  readonly strategy: string;
  readonly seed: number;
  /** Version and path, `main` or the name of a fork. Absent for releases. */
  readonly version?: number;
  readonly path?: string;
  /** Steps since the weights were initialized before the first one of this track; 0 for releases. */
  readonly begin: number;
  /** Where it begins: the track that has the steps before it. Absent where training begins. */
  readonly parent?: { readonly track: string; readonly position: number };
  /** Key of the state at its end, as planned now. Absent for releases. */
  readonly key?: Digest;
  /** Strategies that train on these steps, under this seed. */
  readonly strategies: readonly string[];
}

/** A point of a track. */
export interface LogPoint {
  /** Steps since the weights were initialized, including this one; of a release, its version. */
  readonly step: number;
  /** When it was measured, in milliseconds since 1970. An estimate for steps of an earlier run. */
  readonly time: number;
  /**
   * Of a step: `loss` (nats per token, before the update), `learning_rate`, `grad_norm` (L2, before clipping) and
   * `tokens` (since the weights were initialized). Of a release: `loss` on the held-out text so far, `tokens` and
   * `position` (steps).
   */
  readonly values: Readonly<Record<string, number>>;
  /** Of a release: key of the `checkpoint`, and the `path` that released it. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A run as loggers see it. */
export interface LogContext {
  /** Name of the experiment. */
  readonly experiment: string;
  /** The run directory, absolute. */
  readonly directory: string;
  /** Names the run directory for services; it stays when the directory is moved. */
  readonly run: string;
  /** The experiment: model, training, trainer, seeds, and the plugins of each strategy with their options. */
  readonly settings: Readonly<Record<string, JsonValue>>;
  /** The command that repeats the run. */
  readonly command: string;
  /** Aborted when a logger must give up, for requests. */
  readonly signal: AbortSignal;
}

/** A file of a finished run. */
export interface LogArtifact {
  /** File name, such as `results.json`. */
  readonly name: string;
  content(): Promise<Uint8Array>;
}

/** How a run ended. */
export interface LogEnd {
  readonly outcome: 'completed' | 'failed' | 'stopped';
  /** Results and report of a run that ended with some; else empty. */
  readonly artifacts: readonly LogArtifact[];
}

/**
 * Where the points of a run go. Calls do not overlap. After a call that rejects, `lastStep` or `hasRelease` is asked
 * again before points of that track are written again, and points that the sink has are not repeated.
 */
export interface LogSink {
  /** The step of the last point that a track of steps has, in earlier runs too; undefined without one. */
  lastStep(track: LogTrack): Promise<number | undefined>;
  /** Whether a track of releases has this one: the same version with the same loss. */
  hasRelease(track: LogTrack, point: LogPoint): Promise<boolean>;
  /** Adds points that the track does not have, in order of their steps. */
  write(track: LogTrack, points: readonly LogPoint[]): Promise<void>;
  /** Called once, after the last point. */
  finish?(end: LogEnd): Promise<void>;
}

/** Definition of a logger. */
export interface LoggerDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>> {
  /** The name in experiment files, lower case with hyphens: `tensorboard`. */
  readonly name: string;
  /** For display. */
  readonly version?: string;
  /** One sentence, for listings. */
  readonly description?: string;
  /** Validates options and adds defaults. Absent: the logger has no options. */
  readonly options?: Schema;
  /** Options that are paths; relative ones are relative to the experiment file. */
  readonly paths?: readonly string[];
  /**
   * Opens the sink. Called when a run begins, and again later if it rejects: then the run continues, and what it lacks
   * is written later, or by the next run.
   */
  open(options: StandardSchemaV1.InferOutput<Schema>, context: LogContext): Promise<LogSink>;
}

/** A logger with options, for `log` in an experiment. */
export interface LoggerUse {
  readonly logger: LoggerDefinition;
  /** As the user wrote them, not validated. */
  readonly options: unknown;
}

/** A logger as users see it: a function from options to an entry of `log` in an experiment. */
export type DefinedLogger<Schema extends StandardSchemaV1> = ((
  options?: StandardSchemaV1.InferInput<Schema>,
) => LoggerUse) & { readonly logger: LoggerDefinition<Schema> };

/**
 * Declares a logger. The result is called in experiment files, `tensorboard({})`, and carries the definition for
 * experiments that name loggers in JSON or YAML. No key depends on a logger.
 */
export function defineLogger<Schema extends StandardSchemaV1 = StandardSchemaV1<undefined, undefined>>(
  logger: LoggerDefinition<Schema>,
): DefinedLogger<Schema> {
  const definition = logger as unknown as LoggerDefinition;
  return Object.assign(
    (options?: StandardSchemaV1.InferInput<Schema>): LoggerUse => ({ logger: definition, options }),
    {
      logger,
    },
  );
}
