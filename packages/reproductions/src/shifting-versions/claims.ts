/**
 * The claims of Ibrahim et al. (TMLR 2024, arXiv 2403.08763), and what path switching adds. Fixed here before any run.
 */
import type { PaperClaim } from '../paper/definition.js';
import { less, type Measures, measuresOf, type Terms } from './measures.js';
import { average, cpt, infinite, LOW, PTFS, RATIOS, REVERSED, STRONG, switching, WEAK } from './names.js';

type Expect = Extract<PaperClaim['test'], { by: 'seeds' }>['contrast']['expect'];

/** Parts of the paper, by topic. */
const SCHEDULE = 'learning-rate schedule';
const REPLAY = 'effect of replay';
const FINAL = 'final performance; abstract';
const INFINITE = 'infinite schedules';
const BEYOND = 'not in the paper';

/** All claims, in the order of the paper; ids are stable. Omits claims about experiments that the size omits. */
export function claimsOfShiftingVersions(
  domains: readonly string[],
  experiments: readonly string[],
): readonly PaperClaim[] {
  const of = measuresOf(domains);
  return [
    ...schedules(of),
    ...replays(of),
    ...againstScratch(of),
    ...beyond(of),
    ...(experiments.includes(WEAK) ? weak(of) : []),
    ...(experiments.includes(REVERSED) ? reversed([...domains].reverse()) : []),
  ];
}

/** A claim about weighted losses in an experiment. */
const said =
  (experiment: string) =>
  (id: string, where: string, claim: string, terms: Terms, expect: Expect): PaperClaim => ({
    id,
    claim,
    where,
    test: { by: 'seeds', experiment, contrast: { terms, expect } },
  });

function schedules({ forgetting, first, newest }: Measures): readonly PaperClaim[] {
  const say = said(STRONG);
  return [
    say(
      'forgets',
      REPLAY,
      'Continual training without replay forgets: losses on earlier domains end above the least they were',
      forgetting(cpt(0)),
      '> 0',
    ),
    say(
      'rewarming-adapts',
      SCHEDULE,
      'Re-warming and re-decaying learns the newest text better than a low constant rate',
      less(newest, cpt(0), LOW),
      '< 0',
    ),
    say(
      'rewarming-forgets',
      SCHEDULE,
      'Re-warming and re-decaying forgets more of the first text than a low constant rate',
      less(first, cpt(0), LOW),
      '> 0',
    ),
  ];
}

function replays({ past, newest }: Measures): readonly PaperClaim[] {
  const say = said(STRONG);
  const steps = RATIOS.slice(1).map((ratio, index) => {
    const before = RATIOS[index]!;
    return say(
      `replay-${100 * ratio}`,
      REPLAY,
      `Replay of ${100 * ratio}% forgets less than ${before === 0 ? 'none' : `${100 * before}%`}`,
      less(past, cpt(ratio), cpt(before)),
      '< 0',
    );
  });
  const costs = ([0.05, 0.25] as const).map((ratio) =>
    say(
      `replay-${100 * ratio}-adapts`,
      REPLAY,
      `Replay of ${100 * ratio}% learns the newest text as well as none`,
      less(newest, cpt(ratio), cpt(0)),
      '<= margin',
    ),
  );
  const more: PaperClaim = {
    id: 'replay-more',
    claim: 'The more replay, the less is forgetting, up to 25%',
    where: REPLAY,
    test: { by: 'parts', parts: steps.map(({ id }) => id) },
  };
  return [...steps, more, ...costs];
}

function againstScratch({ all }: Measures): readonly PaperClaim[] {
  const say = said(STRONG);
  return [
    say(
      'without-replay-ptfs',
      FINAL,
      'Under a strong shift, continual training without replay is worse than training from scratch',
      less(all, cpt(0), PTFS),
      '> margin',
    ),
    say(
      'replay-25-ptfs',
      FINAL,
      'Under a strong shift, re-warming, re-decaying and 25% replay are as good as training from scratch, or better',
      less(all, cpt(0.25), PTFS),
      '<= margin',
    ),
    say(
      'infinite',
      INFINITE,
      'With 25% replay, an infinite schedule is as good as re-warming, or better',
      less(all, infinite(0.25), cpt(0.25)),
      '<= margin',
    ),
  ];
}

function beyond({ all, past, newest }: Measures): readonly PaperClaim[] {
  const say = (id: string, claim: string, terms: Terms, expect: Expect) =>
    said(STRONG)(id, BEYOND, claim, terms, expect);
  return [
    say(
      'switching-past',
      'Without replay, path switching forgets less than continual training',
      less(past, switching(0), cpt(0)),
      '< 0',
    ),
    say(
      'switching-newest',
      'Without replay, path switching learns the newest text as well as continual training, or better',
      less(newest, switching(0), cpt(0)),
      '<= margin',
    ),
    say(
      'switching-ptfs',
      'Under a strong shift, path switching without replay is as good as training from scratch, or better',
      less(all, switching(0), PTFS),
      '<= margin',
    ),
    say(
      'switching-replay-cpt',
      'With 25% replay, path switching is better than continual training',
      less(all, switching(0.25), cpt(0.25)),
      '< 0',
    ),
    say(
      'switching-replay-ptfs',
      'Under a strong shift, path switching with 25% replay is as good as training from scratch, or better',
      less(all, switching(0.25), PTFS),
      '<= margin',
    ),
    say(
      'average-replay',
      'With 25% replay, the average of the main path is as good as path switching, or better',
      less(all, average(0.25), switching(0.25)),
      '<= margin',
    ),
  ];
}

function weak({ all, past }: Measures): readonly PaperClaim[] {
  const say = said(WEAK);
  return [
    say(
      'weak-replay-5',
      REPLAY,
      'Under a weak shift, 5% replay forgets less than none',
      less(past, cpt(0.05), cpt(0)),
      '< 0',
    ),
    say(
      'weak-replay-5-ptfs',
      FINAL,
      'Under a weak shift, re-warming, re-decaying and 5% replay are as good as training from scratch, or better',
      less(all, cpt(0.05), PTFS),
      '<= margin',
    ),
    say(
      'weak-switching-cpt',
      BEYOND,
      'Under a weak shift, path switching is better than continual training, both without replay',
      less(all, switching(0), cpt(0)),
      '< 0',
    ),
    say(
      'weak-switching-ptfs',
      BEYOND,
      'Under a weak shift, path switching without replay is as good as training from scratch, or better',
      less(all, switching(0), PTFS),
      '<= margin',
    ),
  ];
}

/** The same claims with the last domain first, in case the order decided. */
function reversed(domains: readonly string[]): readonly PaperClaim[] {
  const { forgetting, past, all } = measuresOf(domains);
  const say = said(REVERSED);
  return [
    say(
      'reversed-forgets',
      BEYOND,
      'With the domains in reverse, continual training without replay forgets, too',
      forgetting(cpt(0)),
      '> 0',
    ),
    say(
      'reversed-replay-25',
      BEYOND,
      'With the domains in reverse, 25% replay forgets less than none',
      less(past, cpt(0.25), cpt(0)),
      '< 0',
    ),
    say(
      'reversed-replay-25-ptfs',
      FINAL,
      'With the domains in reverse, re-warming, re-decaying and 25% replay are as good as training from scratch, or better',
      less(all, cpt(0.25), PTFS),
      '<= margin',
    ),
    say(
      'reversed-switching-cpt',
      BEYOND,
      'With the domains in reverse and 25% replay, path switching is better than continual training',
      less(all, switching(0.25), cpt(0.25)),
      '< 0',
    ),
  ];
}
