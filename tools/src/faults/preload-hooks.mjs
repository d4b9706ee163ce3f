/** Module hook: passes the trainer's class to preload.mjs once it is defined. The file on disk is unchanged. */
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith('/trainer-tfjs/src/trainer.ts')) return loaded;
  return { ...loaded, source: `${loaded.source}\nglobalThis[Symbol.for('branchline.faults')](TfjsTrainer);\n` };
}
