/** The checkpoints of a run directory with the reasons to keep them. Independent of the terminal. */
import { CheckpointIndex, type KeepReason, reasonsToKeep } from '@branchline/core';
import type { FoundCheckpoint, Inventory } from './inventory.js';

/** A checkpoint with its place in the plans. */
export interface Listed extends FoundCheckpoint {
  /** Steps since initialization of the weights; null if no plan has it. */
  readonly position: number | null;
  /** Empty if the checkpoint is not needed. */
  readonly reasons: readonly KeepReason[];
}

/** All checkpoints with a manifest, by position. */
export function listCheckpoints({ checkpoints, plans }: Inventory): readonly Listed[] {
  const index = checkpointIndex(checkpoints);
  const reasons = reasonsToKeep(plans, index);
  const positions = new Map(plans.flatMap(({ states }) => states.map(({ key, position }) => [key, position] as const)));
  const listed = checkpoints.map((checkpoint) => {
    const { key, root, steps } = checkpoint.manifest;
    const begin = positions.get(root);
    const position = positions.get(key) ?? (begin === undefined ? null : begin + steps);
    return { ...checkpoint, position, reasons: reasons.get(key) ?? [] };
  });
  return listed.sort(
    (a, b) => (a.position ?? Number.POSITIVE_INFINITY) - (b.position ?? Number.POSITIVE_INFINITY) || compareKeys(a, b),
  );
}

/** Index of the checkpoints that a run could read. */
export function checkpointIndex(checkpoints: readonly FoundCheckpoint[]): CheckpointIndex {
  return new CheckpointIndex(checkpoints.filter(({ wrong }) => wrong === undefined).map(({ manifest }) => manifest));
}

/** Total bytes. */
export function sumOf(things: readonly { readonly bytes: number }[]): number {
  return things.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A checkpoint as plain data. */
export function listedAsJson({ manifest, position, bytes, written, reasons, wrong }: Listed) {
  const { key, kind, root, steps, rolling } = manifest;
  const place = { key, kind, rolling: rolling ?? false, root, steps, position };
  return { ...place, bytes, written: written.toISOString(), reasons, damage: wrong ?? null };
}

function compareKeys(a: FoundCheckpoint, b: FoundCheckpoint): number {
  return a.manifest.key < b.manifest.key ? -1 : 1;
}
