import { join } from 'node:path';
import type { GraphNode } from '../graph/run-graph.js';
import { Ledger } from '../ledger/ledger.js';
import { CheckpointStore } from '../store/checkpoint-store.js';
import { EvaluationStore } from '../store/evaluations.js';
import type { Below } from '../store/run-directory.js';
import { jobFolder } from './job-folder.js';
import { readsOf } from './reads-of.js';

/** What the job of a state reads: the run, and the folders of the jobs that it follows. */
export async function lookBelow(run: string, node: GraphNode): Promise<Below> {
  const folders = [run, ...readsOf(node).map(({ key }) => jobFolder(run, key))];
  const stores = await Promise.all(folders.map((folder) => CheckpointStore.look(join(folder, 'checkpoints'))));
  const entries = await Ledger.read(join(run, 'ledger.jsonl'));
  return {
    checkpoints: stores.map(({ store }) => store),
    evaluations: EvaluationStore.look(join(run, 'evaluations')),
    booked: new Set(entries.map(({ id }) => id)),
  };
}
