/**
 * Completes a plan by jobs in the queue of a cluster. Each makes one state, in a folder of its own, and depends in the
 * queue on the jobs that make what it reads. This process submits them, takes over what they store and books it. When
 * it is stopped or dies, the jobs continue, and the next start takes over what they stored.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import { type GraphNode, stepsSinceRoot } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { batchesOf } from '../run/batches.js';
import { EVALUATORS, type Evaluator } from '../run/evaluator.js';
import { RunEmitter } from '../run/events.js';
import { RemainingWork } from '../run/remaining-work.js';
import { RUN_OPTIONS, type RunOptions } from '../run/run-options.js';
import { StateWriter } from '../run/state-writer.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import type { ChunkRecord } from '../store/training-chunks.js';
import { TRAINER, type Trainer } from '../trainer/trainer.js';
import { JobAdopter } from './job-adopter.js';
import { jobFolder, readBegin, readEnd } from './job-folder.js';
import { JobOutcomes } from './job-outcomes.js';
import { JobSubmitter } from './job-submitter.js';
import type { LiveJobs } from './live-jobs.js';
import { readsOf } from './reads-of.js';
import { type DividedWork, divideWork, type WantedJob } from './wanted-jobs.js';

/** First wait between two looks at the queue, in milliseconds; it grows while nothing happens. */
const FIRST_WAIT = 500;
const GROWTH = 1.5;

@injectable()
export class JobCoordinator {
  readonly #nodes: ReadonlyMap<Digest, GraphNode>;
  /** Releases that were evaluated or could not be. */
  readonly #evaluated = new Set<Digest>();
  /** States that jobs made since this process began. */
  readonly #made = new Set<Digest>();
  /** Jobs that are settled, whose folders jobs in the queue may still read. */
  readonly #settled = new Set<Digest>();
  /** Jobs that were missing from the queue when it was looked at last, and had not said how they ended. */
  readonly #absent = new Set<Digest>();
  /** States that are not made now. */
  #held: ReadonlySet<Digest> = new Set();
  /** States whose segments were announced. */
  readonly #begun = new Set<Digest>();

  constructor(
    @inject(JobSubmitter) private readonly jobs: JobSubmitter,
    @inject(JobAdopter) private readonly adopter: JobAdopter,
    @inject(JobOutcomes) private readonly outcomes: JobOutcomes,
    @inject(RemainingWork) private readonly work: RemainingWork,
    @inject(StateWriter) private readonly writer: StateWriter,
    @inject(EVALUATORS) private readonly evaluators: readonly Evaluator[],
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(RUN_DIRECTORY) private readonly directory: RunDirectory,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(RUN_OPTIONS) private readonly options: RunOptions,
  ) {
    this.#nodes = new Map(plan.graph.nodes().map((node) => [node.key, node]));
  }

  async run(held: ReadonlySet<Digest>): Promise<void> {
    this.#held = held;
    await this.writer.completeLedger();
    await this.writer.keepPlanned();
    try {
      await this.#runAll();
      // This run may have stored states that other plans miss; then those plans need fewer checkpoints.
      this.work.refresh();
      await this.#runAll();
    } catch (error) {
      if (error instanceof BranchlineError && error.code === 'interrupted') throw error;
      // Without this process they would end one after the other, with the same error.
      await this.jobs.stopAll();
      await this.#takeUp(await this.jobs.live()).catch(() => undefined);
      throw error;
    }
  }

  async #runAll(): Promise<void> {
    const { longestWait } = this.jobs;
    let wait = Math.min(FIRST_WAIT, longestWait);
    for (;;) {
      const live = await this.jobs.live(this.options.signal);
      const changed = await this.#takeUp(live);
      const { now, jobs } = await this.#divide();
      for (const operation of now) await this.#carryOut(operation);
      if (now.length > 0) continue;
      if (jobs.size === 0) return;
      this.#assertNotAborted(live);
      const submitted = await this.jobs.submit(jobs, live);
      for (const state of jobs.keys()) if (live.has(state)) this.#settled.delete(state);
      this.#announceBegun(jobs, live);
      wait = Math.min(changed || submitted ? FIRST_WAIT : wait * GROWTH, longestWait);
      await sleep(wait, undefined, { signal: this.options.signal }).catch(() => this.#assertNotAborted(live));
    }
  }

  /** What is left to do, with the measurements of stored states that reactive strategies wait for. */
  async #divide(): Promise<DividedWork> {
    const failed = new Set([...this.outcomes.failed, ...this.#held]);
    const operations = this.work.compile({ failed, evaluated: this.#evaluated });
    const { now, jobs } = await divideWork(operations, (node) => this.#isEvaluated(node));
    const measurements = new Map<Digest, WantedJob>();
    for (const { node, question } of this.plan.open) {
      const { key } = node;
      if (jobs.has(key) || failed.has(key) || !this.directory.store.has(key)) continue;
      if ((await this.directory.evaluations.read(key, question)) !== undefined) continue;
      measurements.set(key, { node, reads: new Set([key]), steps: 0 });
    }
    // What cannot be made any more is not wanted: a failed evaluation, for example, would be wanted again and again.
    const wanted = [...jobs, ...measurements].filter(([key]) => !failed.has(key));
    return { now, jobs: new Map(wanted) };
  }

  async #isEvaluated(node: GraphNode): Promise<boolean> {
    for (const evaluator of this.evaluators) {
      if (evaluator.isStored !== undefined && !(await evaluator.isStored(node))) return false;
    }
    return true;
  }

  /** Evaluations are read from what jobs stored; nothing is computed here. */
  async #carryOut(operation: DividedWork['now'][number]): Promise<void> {
    if (operation.kind === 'delete') return this.writer.delete(operation.key);
    const { node, key, kind } = operation;
    if (kind === 'release') {
      const reused = operation.reused && !this.#made.has(key);
      for (const evaluator of this.evaluators) evaluator.release?.(node, reused);
      this.#evaluated.add(key);
      return;
    }
    for (const evaluator of this.evaluators) await evaluator.evaluate(node, { trainer: this.trainer });
  }

  /** Takes over what jobs stored and settles those that left the queue. Returns whether anything was new. */
  async #takeUp(live: LiveJobs): Promise<boolean> {
    const busy = [...this.#nodes.values()].filter(({ key }) => live.has(key));
    const read = new Set(busy.flatMap(readsOf).map(({ key }) => key));
    let changed = false;
    for (const state of await this.adopter.folders()) {
      const node = this.#nodes.get(state);
      if (!this.#settled.has(state)) {
        const records = await this.adopter.book(state);
        this.#announce(node, records);
        this.jobs.budget.booked(state, stepsIn(records));
        const settled = !live.has(state) && (await this.#settle(state, node, records.length > 0));
        changed ||= records.length > 0 || settled;
        if (!settled) continue;
      }
      if (live.has(state) || read.has(state)) continue;
      if (node === undefined || this.#made.has(state)) await this.adopter.remove(state);
      else await this.adopter.removeButLog(state);
    }
    return changed;
  }

  /** Returns whether a job that is not in the queue has ended, and what it stored was taken over. */
  async #settle(state: Digest, node: GraphNode | undefined, booked: boolean): Promise<boolean> {
    const folder = jobFolder(this.directory.directory, state);
    const [begun, end] = [await readBegin(folder), await readEnd(folder)];
    if (begun === undefined && !this.jobs.submitted.has(state)) return false;
    // A shared file system shows the last files of a job a little later than the queue its end.
    if (end === undefined && !this.#absent.has(state)) {
      this.#absent.add(state);
      return false;
    }
    this.#absent.delete(state);
    let records: readonly ChunkRecord[];
    try {
      records = await this.adopter.takeOver(state);
    } catch (error) {
      // Its node lost touch with the queue, but still works.
      if (error instanceof BranchlineError && error.code === 'locked') return false;
      throw error;
    }
    this.#announce(node, records);
    this.jobs.budget.release(state);
    this.#settled.add(state);
    if (node === undefined) return true;
    const outcome = await this.outcomes.settle(node, booked || records.length > 0);
    if (outcome !== 'done') return true;
    this.#made.add(state);
    if (this.#begun.has(state)) this.events.emit('segmentEnd', { segment: node.incoming!, reused: false });
    return true;
  }

  /** Announces the segments of jobs that run. */
  #announceBegun(jobs: ReadonlyMap<Digest, WantedJob>, live: LiveJobs): void {
    for (const [state, { node, steps }] of jobs) {
      const job = live.get(state);
      if (job?.state === 'running') this.#begin(node, node.incoming === undefined ? 0 : node.incoming.steps - steps);
    }
  }

  #begin({ key, incoming: segment }: GraphNode, resumedAt: number): void {
    if (segment === undefined || this.#begun.has(key)) return;
    this.#begun.add(key);
    this.events.emit('segmentStart', { segment, resumedAt });
  }

  /** Emits the steps of records, which a job trained. */
  #announce(node: GraphNode | undefined, records: readonly ChunkRecord[]): void {
    const segment = node?.incoming;
    if (segment === undefined) return;
    const { orders, graph } = this.plan;
    for (const { entry, loss, gradNorm } of records) {
      const to = entry.at - stepsSinceRoot(segment.from);
      const from = to - entry.steps;
      this.#begin(node!, from);
      const { lr } = batchesOf(segment, from, to, orders, graph.basis.batch);
      for (const [index, rate] of lr.entries()) {
        const metrics = { rate, loss: loss[index]!, gradNorm: gradNorm[index]! };
        this.events.emit('step', { segment, step: from + index, ...metrics });
      }
    }
  }

  #assertNotAborted(live: LiveJobs): void {
    if (!this.options.signal?.aborted) return;
    const { queue } = this.jobs;
    const jobs =
      live.size === 0
        ? 'no job is in the queue'
        : `${live.size} jobs continue in the queue and store what they train (to stop them: ${queue.stopCommand(live.ids)})`;
    throw new BranchlineError('interrupted', {
      message: `stopped; ${jobs}`,
      remedy: 'Run the same command again: it takes over what they stored.',
    });
  }
}

const stepsIn = (records: readonly ChunkRecord[]) => records.reduce((sum, { entry }) => sum + entry.steps, 0);
