import { definePlugin, type Stage, z } from 'branchline';

const share = (describe: string) => z.number().gt(0).lt(1).describe(describe);

const options = z
  .strictObject({
    learn: share("Share of the increment's steps that train on the version's data.").default(0.5),
    focus: share(
      "Share of the increment's steps in focus phases. The rest, after learning and focusing, is for review.",
    ).default(0.25),
    hardest: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "Share of the version's sequences to focus on: those with the highest loss. Default: one pass per focus.",
      ),
    cycles: z.int().min(1).default(1).describe('How often to focus and review. Losses are measured before each focus.'),
    review: z
      .enum(['all', 'version'])
      .default('all')
      .describe("Data of the reviews. all: every increment so far. version: the version's own data."),
  })
  .superRefine(({ learn, focus }, context) => {
    // Rounding must not let 0.9 + 0.1 pass as below 1.
    if (learn + focus < 1 - 1e-9) return;
    const message = `focus is ${focus} and learn ${learn}: their sum must be below 1 to leave steps for review`;
    context.addIssue({ code: 'custom', path: ['focus'], message });
  });

type Options = z.output<typeof options>;

/** The schedule of the last review. Earlier phases do not change the rate. */
const decay: readonly Stage[] = [{ share: 1, curve: '1-sqrt', to: 'min' }];

/**
 * Learn, focus, review (Prakriya et al., CoNLL 2025, arXiv 2409.06131): learns from all data, focuses on the sequences
 * with the highest loss, then reviews all data to prevent forgetting. It is reactive: the sequences of a focus are
 * known only after the steps before it are trained and measured. All phases of a version together have as many steps as
 * one pass over its increment, so it costs as much as continual training plus one measurement per focus.
 *
 * It does not decide where a version starts or its learning rate. The rate must stay high until the last review decays
 * it: `[continual({ schedule: 'constant' }), lfr()]`.
 */
export const lfr = definePlugin({
  name: 'lfr',
  description: 'Learns everything, focuses on the sequences with the highest loss, reviews everything.',
  owns: ['steps', 'forks', 'release.path', 'from', 'at', 'data', 'lr.schedule'],
  options,
  reactive: true,
  onVersion({ stepsOfIncrement, options: chosen }) {
    const forks = phaseNames(chosen.cycles);
    return { steps: phaseSteps(chosen, stepsOfIncrement)[0], forks, release: { path: forks.at(-1) } };
  },
  onFork({ fork, spec, version, experiment, losses, options: chosen }) {
    const names = phaseNames(chosen.cycles);
    const place = names.indexOf(fork);
    if (place < 0) return undefined;
    const steps = phaseSteps(chosen, Math.floor(version.sequences / experiment.batch))[place + 1]!;
    const where = place === 0 ? { at: spec.steps, steps } : { from: names[place - 1], steps };
    if (place % 2 === 0) {
      const { sequences, loss } = losses();
      const count =
        chosen.hardest === undefined ? steps * experiment.batch : Math.round(chosen.hardest * sequences.length);
      return { ...where, data: { use: 'chosen', sequences: hardest(sequences, loss, count, experiment.batch) } };
    }
    const data = chosen.review === 'all' ? ({ use: 'all' } as const) : spec.data;
    return { ...where, data, ...(fork === names.at(-1) && { lr: { schedule: decay } }) };
  },
});

/** Names of the phases after learning: a focus and a review per cycle. */
function phaseNames(cycles: number): readonly string[] {
  return Array.from({ length: cycles }, (_, cycle) => (cycle === 0 ? '' : ` ${cycle + 1}`)).flatMap((number) => [
    `focus${number}`,
    `review${number}`,
  ]);
}

/** Steps of the learning phase and of every phase after it; they add up to `total`. */
function phaseSteps({ learn, focus, cycles }: Options, total: number): readonly number[] {
  const review = 1 - learn - focus;
  const shares = [learn, ...Array.from({ length: cycles }, () => [focus / cycles, review / cycles]).flat()];
  let done = 0;
  let end = 0;
  const steps = shares.map((part) => {
    const begin = Math.round(done * total);
    done += part;
    end = Math.round(done * total);
    return end - begin;
  });
  if (Math.min(...steps) > 0) return steps;
  throw new Error(
    `an increment of ${total} steps is too short for ${shares.length} phases with these shares; use fewer cycles or more data`,
  );
}

/** The `count` sequences with the highest losses, at least one batch. Of equal losses the first are chosen. */
function hardest(sequences: Uint32Array, loss: Float64Array, count: number, batch: number): readonly number[] {
  const places = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!);
  return places.slice(0, Math.max(batch, count)).map((place) => sequences[place]!);
}
