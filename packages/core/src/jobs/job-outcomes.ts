import { inject, injectable } from '../di.js';
import { BranchlineError, type Problem } from '../errors.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { RunEmitter } from '../run/events.js';
import { RunFailures } from '../run/run-failures.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { type JobEnd, jobFolder, logOf, readBegin, readEnd } from './job-folder.js';
import { readsOf } from './reads-of.js';

/** How often a job may end without a result, one after the other, before its strategies fail. */
const MOST_ATTEMPTS = 3;

/** Decides what the end of a job means for the run. */
@injectable()
export class JobOutcomes {
  /** States that could not be made. */
  readonly failed = new Set<Digest>();
  readonly #attempts = new Map<Digest, number>();

  constructor(
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(RunFailures) private readonly failures: RunFailures,
    @inject(RunEmitter) private readonly events: RunEmitter,
  ) {}

  /**
   * Settles a job that left the queue, after what it stored was taken over. `progress`: it trained something. Records
   * the failure of single strategies; throws an error that no other job would be spared. A job that was stopped, or was
   * lost with its machine, is wanted again: the next one continues from what it stored.
   */
  async settle(node: GraphNode, progress: boolean): Promise<'done' | 'again' | 'failed'> {
    const folder = jobFolder(this.run.directory, node.key);
    const [end, begun] = [await readEnd(folder), await readBegin(folder)];
    if (end?.outcome === 'done' && this.run.store.has(node.key)) return 'done';
    if (end?.code === 'trainer') return this.#fail(node, new BranchlineError('trainer', end.problems!));
    if (end?.code === 'damaged') await this.#setAsideDamaged(node);
    if (progress) this.#attempts.delete(node.key);
    else if (begun !== undefined || this.#couldBegin(node)) {
      this.#attempts.set(node.key, (this.#attempts.get(node.key) ?? 0) + 1);
    }
    const where = end?.where ?? begun;
    if ((this.#attempts.get(node.key) ?? 0) < MOST_ATTEMPTS) {
      if (end?.outcome !== 'stopped' && begun !== undefined) this.#announce(node, where!, end);
      return 'again';
    }
    if (end?.outcome === 'failed') throw new BranchlineError(end.code ?? 'trainer', problemsOn(where!, end.problems!));
    const on = where === undefined ? 'and never began' : `the last time on ${where}`;
    const message = `the job that makes step ${node.position} left the queue ${MOST_ATTEMPTS} times without storing it, ${on}; its output is in ${logOf(this.run.directory, node.key)}`;
    const remedy = 'Read it, then run the same command again: it continues from what is stored.';
    const strategy = [...node.strategies].join(', ');
    return this.#fail(node, new BranchlineError('trainer', { strategy, message, remedy }));
  }

  #fail(node: GraphNode, error: BranchlineError): 'failed' {
    this.failed.add(node.key);
    this.failures.add({ strategies: [...node.strategies], seeds: [node.seed], error });
    this.events.emit('warning', `${error.message}\n    Other strategies continue.`);
    return 'failed';
  }

  /** False for a job that waited for one which ended badly: the queue removes such a job. */
  #couldBegin(node: GraphNode): boolean {
    const from = node.incoming?.from;
    const reads = from === undefined ? readsOf(node) : from.incoming === undefined ? [] : [from];
    return reads.every(({ key }) => this.run.store.has(key));
  }

  /** Reads what a job found damaged. The store sets it aside, and it is made again. */
  async #setAsideDamaged(node: GraphNode): Promise<void> {
    for (const { key } of [...readsOf(node), node]) {
      if (!this.run.store.has(key)) continue;
      await this.run.store.open(key).catch((error: unknown) => {
        if (!(error instanceof BranchlineError) || error.code !== 'damaged') throw error;
        this.events.emit('warning', error.message);
      });
    }
  }

  #announce(node: GraphNode, where: string, end: JobEnd | undefined): void {
    const why = end?.problems?.map(({ message }) => message).join('; ') ?? 'it was killed, or its node failed';
    const message = `the job that makes step ${node.position} ended on ${where} without storing it: ${why}; it is submitted again`;
    this.events.emit('warning', message);
  }
}

const problemsOn = (where: string, problems: readonly Problem[]) =>
  problems.map((problem) => ({ ...problem, message: `on ${where}: ${problem.message}` }));
