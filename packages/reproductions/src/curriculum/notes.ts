/** Explanations of claims that do not hold, written after the full run of 2026-11-21. Shown only for those claims. */

const TOO_LONG =
  'A decay pays here, but 37% of the training is too long for it: shuffled, one over 6% or 18% ends lower. So an end at peak/3, which gives up less of those steps, and averages of a constant rate beat the full decay.';
const FIRST_STEPS =
  'Ascending order spends the first steps, in which a small model learns fastest, on the noisiest text; what it gains at the end does not make up for that. Sorting the last phase alone has the gain without the loss.';
const WHEN_IT_FALLS =
  'Under ascending order the loss begins to fall at a step that differs much from seed to seed, so its spread is more than twice that of shuffling.';

/** By id of the claim, without the prefix for another trainer. */
export const NOTES: Readonly<Record<string, string>> = {
  'ascending-constant': WHEN_IT_FALLS,
  cma: WHEN_IT_FALLS,
  cdma: WHEN_IT_FALLS,
  'end-shuffled': TOO_LONG,
  'end-ascending-none': TOO_LONG,
  'averaging-alone': TOO_LONG,
  'last-phase': FIRST_STEPS,
  'both-phases': FIRST_STEPS,
  together: FIRST_STEPS,
  'together-decay': FIRST_STEPS,
  'switching-helps': FIRST_STEPS,
  'switching-harmless': FIRST_STEPS,
  'switching-moderate': FIRST_STEPS,
  'switching-average': FIRST_STEPS,
  'switching-main-helps': FIRST_STEPS,
  'switching-main-harmless': FIRST_STEPS,
  'switching-main-average': FIRST_STEPS,
};
