import { definePlugin, type Stage, z } from 'branchline';

const share = (describe: string) => z.number().gt(0).lt(1).describe(describe);

const options = z
  .strictObject({
    learn: share("Share of the increment's steps that learn from the version's data as it comes.").default(0.5),
    focus: share(
      "Share of the increment's steps that focus; what is left after learning and focusing reviews.",
    ).default(0.25),
    hardest: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "Share of the version's sequences to focus on: those with the highest loss. Default: as many as a focus trains on once.",
      ),
    cycles: z.int().min(1).default(1).describe('How many times to focus and review. Each focus measures anew.'),
    review: z
      .enum(['all', 'version'])
      .default('all')
      .describe("What is reviewed. all: every increment so far. version: the version's own data."),
  })
  .superRefine(({ learn, focus }, context) => {
    // Shares are typed in decimals: 0.9 + 0.1 must not pass by the last bit.
    if (learn + focus < 1 - 1e-9) return;
    const message = `focus is ${focus} and learn ${learn}: together below 1, so that there are steps to review in`;
    context.addIssue({ code: 'custom', path: ['focus'], message });
  });

type Options = z.output<typeof options>;

/** What decays is the last review; everything before it keeps the rate it came with. */
const decay: readonly Stage[] = [{ share: 1, curve: '1-sqrt', to: 'min' }];

/**
 * Learn, focus, review (Prakriya et al., CoNLL 2025, arXiv 2409.06131): learn from everything, focus on the sequences
 * that the model knows least, then review everything, so that nothing is forgotten meanwhile. It is reactive: which
 * sequences a focus trains on is known when the steps before it are trained and measured. All phases of a version
 * together have the steps of one pass over its increment, so that it costs what continual training costs, and one
 * measurement for each focus.
 *
 * It does not decide where a version starts and at which rate it learns; the rate has to be high until the last review
 * decays it: `[continual({ schedule: 'constant' }), lfr()]`.
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

/** The phases after learning: a focus and a review for each cycle. */
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
    `an increment of ${total} steps is too short for ${shares.length} phases of these shares; use fewer cycles or more data`,
  );
}

/** The `count` sequences with the highest losses, at least a batch of them; of equal ones the first. */
function hardest(sequences: Uint32Array, loss: Float64Array, count: number, batch: number): readonly number[] {
  const places = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!);
  return places.slice(0, Math.max(batch, count)).map((place) => sequences[place]!);
}
