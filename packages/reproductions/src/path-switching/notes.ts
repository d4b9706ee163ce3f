/** Explanations of claims that do not hold, written after the full run of 2026-11-21. Shown only for those claims. */

const SHORT =
  'An average over half an increment at the peak takes away as much noise as a branch of about the same length, and costs nothing; a shorter branch has less time for it.';
const LESS_PROGRESS =
  'At a lower rate the path gets less far in as many steps, and an average makes up for noise alone: the peak is the best of a sweep.';
const ORDER =
  'The two differ in the order of the data alone, or in how long the rate stays high. Seeds differ in when their losses fall, and a shuffled order and the order of arrival do not fall together, so that pairing takes little of it away.';

/** By id of the claim. */
export const NOTES: Readonly<Record<string, string>> = {
  'quality-knee': `A branch under knee holds the peak for half of its steps, so it decays over 0.3T; from scratch, the same knee decays over half of everything. ${ORDER}`,
  'quality-multi-step': `A branch under multi-step holds the peak for 80% of its steps, so it decays over 0.12T; from scratch, the same schedule decays over a fifth of everything. ${ORDER}`,
  'quality-1-sqrt-knee': ORDER,
  'quality-1-sqrt-multi-step': ORDER,
  'quality-1-sqrt-stable-decay': ORDER,
  'average-merge-for-1-sqrt-6-over-1':
    'A 1-sqrt decay falls at once, so the merge that stands for it leans on the oldest checkpoints; over a whole increment these have seen an increment less.',
  'average-half-the-peak': LESS_PROGRESS,
  'average-infinite-schedule-constant': LESS_PROGRESS,
  'average-cpt-cosine':
    'Where the average is taken this path has decayed: there is no noise to take away, and older states are mixed in. The path alone ends lower than its average.',
  'average-alpha-0.1': SHORT,
  'average-alpha-0.2': SHORT,
  'branch-worth-0.1': SHORT,
  'branch-worth-0.2': SHORT,
  'branch-worth-0.3': SHORT,
};
