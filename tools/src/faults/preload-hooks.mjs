/** Module hook: tells preload.mjs of the trainer's class once it is there. The file itself stays as it is. */
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith('/trainer-tfjs/src/trainer.ts')) return loaded;
  return { ...loaded, source: `${loaded.source}\nglobalThis[Symbol.for('branchline.faults')](TfjsTrainer);\n` };
}
