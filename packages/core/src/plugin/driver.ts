/**
 * Calls all deciders. Contexts are frozen, return values are plain data, every field has one owner, and every error,
 * including timeouts, carries plugin, hook and place.
 */
import { BranchlineError, type ErrorPlace, messageOf, type Problem } from '../errors.js';
import { RandomStream } from '../random.js';
import type { ExperimentInfo, VersionInfo } from '../spec/experiment-info.js';
import type { VersionSpec } from '../spec/fields.js';
import { forkFields, releaseFields, stepFields, versionFields } from '../spec/fields.js';
import type { OrderBy } from '../spec/values.js';
import { bookCharge } from './charges.js';
import type { Charge, DeciderContext, ForkContext, SequenceLosses, StepContext, VersionContext } from './contexts.js';
import type { PluginCursor } from './cursor.js';
import type { DeciderName, PluginDefinition } from './definition.js';
import { deepFreeze, remedyOfWrite } from './freeze.js';
import type { LossRequest } from './loss-request.js';
import { type Contribution, conflictProblems, type Merged, mergeParts, type Owner } from './merge.js';
import { loggerOf, type PreparedPlugin, type PreparedStrategy } from './prepare.js';
import { copyOfPart } from './returned.js';
import { callWithTimeout } from './timeout.js';

/** Plugins that wait for losses that are not measured yet. */
export interface Waiting {
  readonly waiting: readonly string[];
  /** The first request that cannot be answered yet. */
  readonly request: LossRequest;
  /** What the other plugins decided. */
  readonly others: Merged;
}

/** What `onFork` decides on: a branch of a version, with the version's spec and the branches before it. */
export type BranchToDecide = Pick<ForkContext, 'version' | 'fork' | 'spec' | 'forks'>;

/**
 * Answers a request for losses; undefined while they are not measured. Throws an error if there are no such losses.
 */
export type AskLosses = (request: unknown) => { readonly request: LossRequest; readonly losses?: SequenceLosses };

/** Asks for losses that the plugin may see. */
function askFor({ heldOut }: PluginDefinition, ask: AskLosses, asked: unknown): ReturnType<AskLosses> {
  const answer = ask(asked);
  if (answer.request.on !== 'held-out' || heldOut === true) return answer;
  throw new Error('losses on held-out text are for plugins with heldOut: true, because plan and results then say so');
}

/** Losses that differ a little, none of them special. */
const placeholderLosses = (count: number): SequenceLosses => ({
  sequences: Uint32Array.from({ length: count }, (_, id) => id),
  loss: Float64Array.from({ length: count }, (_, id) => 2 + id / count),
});

/** A path whose steps are decided. */
export interface SteppedPath {
  readonly version: VersionInfo;
  readonly path: string;
  readonly steps: number;
  /** State and random streams of every plugin at the start of the path; steps advance them. */
  readonly cursors: readonly PluginCursor[];
}

/** Step-specific members of the `onStep` context. */
export interface SteppedStep {
  readonly step: number;
  readonly rate: number;
  readonly sequences: Uint32Array;
  readonly ranks?: Float64Array;
}

/** Context members that all deciders of a plugin share. */
type Basis = Omit<DeciderContext, 'version'>;

/** A plugin of the strategy with its owner and shared context. */
interface Member {
  readonly prepared: PreparedPlugin;
  readonly owner: Owner;
  readonly basis: Basis;
}

/** A frozen context. Members that the hook does not support throw an explanation when they are read. */
function contextOf(members: object, missing: PropertyDescriptorMap): never {
  return Object.freeze(Object.defineProperties(members, missing)) as never;
}

const missing = (reason: string): PropertyDescriptor => ({
  get: () => {
    throw new Error(reason);
  },
});

const ONLY_IN_STEPS = 'random streams and state belong to onStep; other hooks decide from their context alone';
const NOT_IN_FORK: PropertyDescriptorMap = { state: missing(ONLY_IN_STEPS), random: missing(ONLY_IN_STEPS) };
const NOT_IN_VERSION: PropertyDescriptorMap = {
  ...NOT_IN_FORK,
  losses: missing('losses are available in onFork only'),
};
const NOT_REACTIVE: PropertyDescriptorMap = {
  ...NOT_IN_FORK,
  losses: missing('only a plugin with reactive: true can use losses'),
};

/** Milliseconds of `onStep` calls per timeout. */
const BATCH_MS = 100;

/** Calls the deciders of one strategy under one seed. */
export class PluginDriver {
  readonly #members: readonly Member[];
  /** Current hook call, for timeout messages. */
  #place: ErrorPlace = {};
  /** Version that charges are booked to; 0 outside of a decider. */
  #version = 0;
  /** The path whose state and random streams may be used; undefined outside of `onStep`. */
  #stepping: SteppedPath | undefined;
  /** True while an outer timeout covers the current call. */
  #timed = false;

  constructor(
    readonly strategy: PreparedStrategy,
    readonly experiment: ExperimentInfo,
  ) {
    deepFreeze(experiment);
    this.#members = strategy.plugins.map((prepared) => {
      const { plugin, options, configPath } = prepared;
      const basis: Basis = Object.freeze({
        options: plugin.options === undefined ? undefined : options,
        experiment,
        strategy: strategy.name,
        log: loggerOf(strategy, plugin.name),
        charge: (charge: Charge) => bookCharge(strategy.charges, plugin.name, this.#version, charge),
      });
      return { prepared, owner: { kind: 'plugin', name: plugin.name, configPath }, basis };
    });
  }

  /** Whether any plugin has `onStep`. If not, steps need not be visited. */
  get decidesSteps(): boolean {
    return this.#members.some(({ prepared }) => prepared.plugin.onStep !== undefined);
  }

  /** Calls `onVersion` of every plugin and merges the results. */
  version(version: VersionInfo): Merged {
    const own = this.#versionBasis(version);
    const parts = this.#call('onVersion', version.index, {}, ({ prepared: { plugin }, basis }) =>
      plugin.onVersion?.(contextOf({ ...basis, ...own }, NOT_IN_VERSION)),
    );
    return mergeParts(versionFields, parts, this.strategy.overrides, this.strategy.configPath);
  }

  /** Calls `onRelease` of every plugin, with the spec of the version and the order of its released path. */
  release(version: VersionInfo, spec: VersionSpec, order: OrderBy): Merged {
    const own = { ...this.#versionBasis(version), spec: deepFreeze(spec), order: deepFreeze(order) };
    const parts = this.#call('onRelease', version.index, {}, ({ prepared: { plugin }, basis }) =>
      plugin.onRelease?.(contextOf({ ...basis, ...own }, NOT_IN_VERSION)),
    );
    return mergeParts(releaseFields, parts, this.strategy.overrides, this.strategy.configPath);
  }

  #versionBasis(version: VersionInfo): Pick<VersionContext, 'version' | 'count' | 'stepsOfIncrement'> {
    const { versions, batch } = this.experiment;
    const stepsOfIncrement = Math.floor(version.sequences / batch);
    return { version: deepFreeze(version), count: versions.length, stepsOfIncrement };
  }

  /**
   * Calls `onFork` of every plugin for one branch and merges the results. Returns `Waiting` when a plugin requested
   * losses that are not measured yet, even if it caught the error.
   */
  fork(of: BranchToDecide, ask: AskLosses): Merged | Waiting {
    const waiting = new Map<string, LossRequest>();
    const lossesFor = (plugin: PluginDefinition) => (asked?: unknown) => {
      const { request, losses } = askFor(plugin, ask, asked);
      if (losses !== undefined) return { sequences: losses.sequences.slice(), loss: losses.loss.slice() };
      if (!waiting.has(plugin.name)) waiting.set(plugin.name, request);
      throw new Error('these losses are not measured yet; do not catch this: the hook is called again when they are');
    };
    const parts = this.#callFork(of, (call, { prepared: { plugin }, basis }) => {
      try {
        const part = call(basis, lossesFor(plugin));
        return waiting.has(plugin.name) ? undefined : part;
      } catch (error) {
        if (waiting.has(plugin.name)) return undefined;
        throw error;
      }
    });
    const merged = mergeParts(forkFields, parts, this.strategy.forkOverrides, this.strategy.configPath);
    const [request] = waiting.values();
    return request === undefined ? merged : { waiting: [...waiting.keys()], request, others: merged };
  }

  /**
   * What `onFork` of every plugin would return for losses that are made up, to learn where a branch will probably leave
   * before any loss is measured; undefined if a plugin cannot do with them. Nothing is logged or charged.
   */
  expectFork(of: BranchToDecide, ask: AskLosses): Merged | undefined {
    const silent = { log: { info: () => {}, warn: () => {} }, charge: () => {} };
    const lossesFor = (plugin: PluginDefinition) => (asked?: unknown) => {
      const { request, losses } = askFor(plugin, ask, asked);
      return losses ?? placeholderLosses(request.sample ?? of.version.sequences);
    };
    try {
      const parts = this.#callFork(of, (call, { prepared: { plugin }, basis }) =>
        call({ ...basis, ...silent }, lossesFor(plugin)),
      );
      return mergeParts(forkFields, parts, this.strategy.forkOverrides, this.strategy.configPath);
    } catch (error) {
      if (error instanceof BranchlineError) return undefined;
      throw error;
    }
  }

  /** Calls `onFork` of every plugin through `through`, which chooses the shared context and the losses. */
  #callFork(
    { version, fork, spec, forks }: BranchToDecide,
    through: (call: (basis: Basis, losses: (asked?: unknown) => SequenceLosses) => unknown, member: Member) => unknown,
  ): readonly Contribution[] {
    const own = deepFreeze({ version, count: this.experiment.versions.length, fork, spec, forks });
    return this.#call('onFork', version.index, { path: fork }, (member) => {
      const { plugin } = member.prepared;
      const hooks = plugin.onFork;
      const hook = typeof hooks === 'function' || hooks === undefined || Object.hasOwn(hooks, fork) ? hooks : undefined;
      if (hook === undefined) return undefined;
      return through((basis, losses) => {
        const context =
          plugin.reactive === true
            ? contextOf({ ...basis, ...own, losses }, NOT_IN_FORK)
            : contextOf({ ...basis, ...own }, NOT_REACTIVE);
        return typeof hook === 'function' ? hook.call(plugin, context) : hook[fork]?.(context);
      }, member);
    });
  }

  /**
   * Returns a function that calls `onStep` of every plugin for one step of the path and merges the results. Call it
   * within `inBatches`. It throws a `plugin` error for invalid parts and conflicts.
   */
  steps(path: SteppedPath): (step: SteppedStep) => Merged['fields'] {
    const { configPath, name } = this.strategy;
    const { version, path: pathName } = path;
    const contexts = this.#members.map(({ prepared, basis }, index) =>
      prepared.plugin.onStep === undefined ? undefined : this.#stepBasis(path, prepared, basis, index),
    );
    return (step) => {
      this.#stepping = path;
      const place = { path: pathName, step: step.step };
      const parts = this.#call(
        'onStep',
        version.index,
        place,
        ({ prepared: { plugin } }, index) =>
          contexts[index] && plugin.onStep?.(Object.freeze({ ...contexts[index], ...step }) as never),
      );
      this.#stepping = undefined;
      const { fields, conflicts, problems } = mergeParts(stepFields, parts, {}, configPath);
      if (problems.length > 0 || conflicts.length > 0) {
        const at = { strategy: name, version: version.index, hook: 'onStep', ...place };
        const wrong: readonly Problem[] = [...problems, ...conflictProblems(conflicts, configPath)];
        throw new BranchlineError(
          'plugin',
          wrong.map((problem) => ({ ...at, ...problem })),
        );
      }
      return fields;
    };
  }

  /** Calls `next` until it returns false. One timeout per batch of calls; timers per step cost too much. */
  inBatches(next: () => boolean): void {
    const batch = (): boolean => {
      const until = performance.now() + BATCH_MS;
      do if (!next()) return false;
      while (performance.now() < until);
      return true;
    };
    this.#timed = true;
    try {
      while (this.#withTimeout(batch));
    } finally {
      this.#timed = false;
      this.#stepping = undefined;
    }
  }

  /** Members of the `onStep` context that are the same for all steps of a path. */
  #stepBasis(path: SteppedPath, { plugin }: PreparedPlugin, basis: Basis, index: number) {
    const { seed } = this.experiment;
    const cursor = (): PluginCursor => {
      if (this.#stepping === path) return path.cursors[index]!;
      throw new Error(ONLY_IN_STEPS);
    };
    const context: Omit<StepContext, keyof SteppedStep> = {
      ...basis,
      version: deepFreeze(path.version),
      path: path.path,
      steps: path.steps,
      state: Object.freeze({
        get: () => cursor().state,
        set: (value) => {
          cursor().state = structuredClone(value);
        },
      } satisfies StepContext['state']),
      random: (name) => {
        const { streams, streamName } = cursor();
        const known = streams.get(name);
        if (known !== undefined) return known;
        const stream = new RandomStream(seed, `${plugin.name}/${streamName}/${name}`);
        streams.set(name, stream);
        return stream;
      },
    };
    return context;
  }

  /**
   * Calls one decider of every plugin, in plugin order. Errors are wrapped in a `plugin` error, with the original error
   * as `cause`.
   */
  #call(
    hook: DeciderName,
    version: number,
    where: Pick<ErrorPlace, 'path' | 'step'>,
    decide: (member: Member, index: number) => unknown,
  ): readonly Contribution[] {
    const contributions: Contribution[] = [];
    for (const [index, member] of this.#members.entries()) {
      const { plugin, configPath } = member.prepared;
      if (plugin[hook] === undefined) continue;
      const place = { plugin: plugin.name, configPath, strategy: this.strategy.name, version, hook, ...where };
      this.#place = place;
      const call = () => this.#returned(version, place, () => decide(member, index));
      const part = this.#timed ? call() : this.#withTimeout(call);
      if (part !== undefined) contributions.push({ owner: member.owner, part });
    }
    return contributions;
  }

  #returned(version: number, place: ErrorPlace, decide: () => unknown): Record<string, unknown> | undefined {
    this.#version = version;
    let part: unknown;
    try {
      part = decide();
    } catch (cause) {
      const refused =
        cause instanceof BranchlineError ? cause.problems : [{ message: messageOf(cause), ...remedyOfWrite(cause) }];
      throw new BranchlineError(
        'plugin',
        refused.map((problem) => ({ ...problem, ...place, configPath: problem.configPath ?? place.configPath })),
        { cause },
      );
    } finally {
      this.#version = 0;
    }
    return copyOfPart(part, place);
  }

  #withTimeout<T>(work: () => T): T {
    return callWithTimeout(this.strategy.timeoutSeconds, () => this.#place, work);
  }
}
