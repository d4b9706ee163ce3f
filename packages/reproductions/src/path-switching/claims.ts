/** The claims of Wang et al. (EMNLP 2024, arXiv 2410.04103) and further claims of ours. Fixed here before any run. */
import { type Facts, type PaperClaim, pair, type Size, withNotes } from '../paper/definition.js';
import {
  ALPHA,
  ARRIVAL,
  AVERAGED,
  AVERAGINGS,
  averaged,
  averagedBranch,
  BY_VERSIONS,
  COMPARED,
  CPT,
  IN_ORDER,
  LARGER,
  lowStageOne,
  MAIN,
  MIN_RATIOS,
  OTHER_PATHS,
  PAPER_VERSIONS,
  PEAK_AGAIN,
  PEAK_SHARES,
  PTFS,
  planName,
  SCHEDULES,
  SHORT_ALPHAS,
  SWITCHING,
  switchingOver,
  USUAL,
  VERSIONS,
  weakStageTwo,
} from './names.js';
import { NOTES } from './notes.js';

/** Cost of path switching relative to PTFS: (N + (N - 1) alpha) / (N (N + 1) / 2). */
export const costByFormula = (versions: number) =>
  (versions + (versions - 1) * ALPHA) / ((versions * (versions + 1)) / 2);

/** The same ratio, from the plan. */
export function costInPlan({ plans }: Facts, versions: number): number {
  const { stepsOf } = plans[planName(versions)]!;
  return stepsOf['path switching']! / stepsOf.PTFS!;
}

type Direction = '<= margin' | '< 0' | '> 0';
/** Claims about one experiment. */
const within =
  (experiment: string) =>
  (strategy: string, against: string, expect: Direction, more = {}) =>
    pair(experiment, [strategy, against], expect, more);
const compared = within(COMPARED);
const byVersions = within(BY_VERSIONS);
const amongAverages = within(AVERAGED);
const larger = within(LARGER);

/** All claims, in the order of the paper; ids are stable. Only the full size has the larger model. */
export function claimsOfPathSwitching(size: Size): readonly PaperClaim[] {
  const claims = [
    ...costs(),
    ...qualities(),
    ...againstCpt(),
    ...withEveryVersion(),
    ...ablations(),
    ...(size === 'full' ? withMoreParameters() : []),
    ...found(),
    ...atTheFloor(),
  ];
  return size === 'full' ? withNotes(claims, NOTES) : claims;
}

function costs(): readonly PaperClaim[] {
  return VERSIONS.map((versions) => ({
    id: `cost-${versions}`,
    claim: `With ${versions} versions path switching costs ${(100 * costByFormula(versions)).toFixed(1)}% of training from scratch`,
    where: versions === PAPER_VERSIONS ? 'abstract' : 'follows from the method',
    test: {
      by: 'count',
      count: (facts) => ({ found: costInPlan(facts, versions), expected: costByFormula(versions) }),
    },
  }));
}

function qualities(): readonly PaperClaim[] {
  const same = SCHEDULES.map(
    (schedule): PaperClaim => ({
      id: `quality-${schedule}`,
      claim: `Under ${schedule}, path switching is as good as training from scratch, or better`,
      where: 'abstract; main results',
      test: compared(SWITCHING(schedule), PTFS(schedule), '<= margin'),
    }),
  );
  const against = [...SCHEDULES, 'stable-decay'].map(
    (schedule): PaperClaim => ({
      id: `quality-1-sqrt-${schedule}`,
      claim: `Path switching with a 1-sqrt branch is as good as training from scratch under ${schedule}, or better`,
      where: 'not in the paper: PTFS under a schedule that also decays late',
      test: compared(SWITCHING('1-sqrt'), PTFS(schedule), '<= margin'),
    }),
  );
  const best: PaperClaim = {
    id: 'quality-best',
    claim:
      "Path switching is as good as training from scratch under whichever schedule is from scratch's best, or better",
    where: 'a stricter reading of the main results',
    test: { by: 'parts', parts: against.map(({ id }) => id) },
  };
  return [...same, ...against, best];
}

function againstCpt(): readonly PaperClaim[] {
  const better = (id: string, words: string, strategy: string, rival: string): PaperClaim => ({
    id,
    claim: `Path switching is better than continual training ${words}`,
    where: 'abstract; main results',
    test: compared(strategy, rival, '< 0'),
  });
  return [
    ...SCHEDULES.map((schedule) =>
      better(`better-than-cpt-${schedule}`, `with re-warming, under ${schedule}`, SWITCHING(schedule), CPT(schedule)),
    ),
    better('better-than-cpt-low', 'at a low constant rate', SWITCHING('cosine'), CPT('low constant')),
    better('better-than-cpt-replay', 'with 5% replay', SWITCHING('cosine'), CPT('replay')),
  ];
}

/** Claims for two to six versions: a training with six includes those with fewer. */
function withEveryVersion(): readonly PaperClaim[] {
  return [
    ...VERSIONS.map(
      (version): PaperClaim => ({
        id: `quality-${version}-versions`,
        claim: `With ${version} versions, path switching is as good as training from scratch, or better, under cosine`,
        where: version === PAPER_VERSIONS ? 'abstract; main results' : 'other numbers of versions',
        test: byVersions(SWITCHING('cosine'), PTFS('cosine'), '<= margin', { version }),
      }),
    ),
    {
      id: 'gap-grows',
      claim: 'Continual training falls further behind training from scratch with every version',
      where: 'introduction; main results',
      test: byVersions(CPT('cosine'), PTFS('cosine'), '> 0', { version: 'slope' }),
    },
    {
      id: 'gap-to-switching-grows',
      claim: 'Continual training falls further behind path switching with every version',
      where: 'main results',
      test: byVersions(CPT('cosine'), SWITCHING('cosine'), '> 0', { version: 'slope' }),
    },
  ];
}

function ablations(): readonly PaperClaim[] {
  return [
    {
      id: 'stage-one',
      claim: 'A lower rate while the initialization checkpoint is prepared is worse; the branches are the same',
      where: 'ablation of stage one',
      test: compared(lowStageOne(PEAK_SHARES[0]), PEAK_AGAIN, '> 0'),
    },
    {
      id: 'stage-two',
      claim: 'A decay that stops at half of the peak while training from the checkpoint is worse than a complete one',
      where: 'ablation of stage two',
      test: compared(weakStageTwo(MIN_RATIOS[0]), SWITCHING('cosine'), '> 0'),
    },
  ];
}

function withMoreParameters(): readonly PaperClaim[] {
  const claim = (id: string, says: string, test: PaperClaim['test'], where = 'another model size'): PaperClaim => ({
    id: `larger-${id}`,
    claim: `With the larger model, ${says}`,
    where,
    test,
  });
  return [
    claim(
      'quality-cosine',
      'path switching is as good as training from scratch, or better, under cosine',
      larger(SWITCHING('cosine'), PTFS('cosine'), '<= margin'),
    ),
    claim(
      'quality-1-sqrt',
      'path switching with a 1-sqrt branch is as good as training from scratch under a decay as late, or better',
      larger(SWITCHING('1-sqrt'), PTFS('stable-decay'), '<= margin'),
    ),
    claim(
      'better-than-cpt',
      'path switching is better than continual training with re-warming, under cosine',
      larger(SWITCHING('cosine'), CPT('cosine'), '< 0'),
    ),
    claim(
      'average',
      'the average of the last six checkpoints of the main path is as good as path switching, or better',
      larger(averaged(MAIN), SWITCHING('cosine'), '<= margin'),
      'the step beyond',
    ),
  ];
}

function found(): readonly PaperClaim[] {
  return [
    {
      id: 'graph-cost',
      claim:
        'The run graph finds path switching: from scratch, warm-up-stable-decay in order of arrival, four versions cost 5.8T',
      where: 'not in the paper; the graph alone, no plugin says so',
      test: {
        by: 'count',
        count: ({ plans }) => ({
          found: plans[ARRIVAL]!.steps / plans[ARRIVAL]!.increment,
          expected: PAPER_VERSIONS + (PAPER_VERSIONS - 1) * ALPHA,
        }),
      },
    },
    {
      id: 'graph-releases',
      claim: 'Releases of that training from scratch that differ in any bit from those of path switching: none',
      where: 'not in the paper',
      test: { by: 'count', count: (facts) => ({ found: differentReleases(facts), expected: 0 }) },
    },
  ];
}

/** Claims about equal quality at a cost of one pass over the data, and the conditions for it. */
function atTheFloor(): readonly PaperClaim[] {
  const asGood = (id: string, words: string, strategy: string): PaperClaim => ({
    id: `average-${id}`,
    claim: `${words} is as good as path switching, or better`,
    where: 'the step beyond',
    test: amongAverages(strategy, SWITCHING('cosine'), '<= margin'),
  });
  const words = ({ weights, last, span }: (typeof AVERAGINGS)[number]) =>
    `The average (${weights}) of ${last} checkpoints of the main path over ${span} of an increment`;
  return [
    {
      id: 'average-cost',
      claim: 'Averages on the main path cost 40% of training from scratch: every token once',
      where: 'the step beyond',
      test: {
        by: 'seeds',
        experiment: COMPARED,
        contrast: {
          metric: 'tokens',
          margin: 1,
          terms: [
            { strategy: averaged(MAIN), weight: 1 },
            { strategy: PTFS('cosine'), weight: -0.4 },
          ],
          expect: '~ 0',
        },
      },
    },
    ...AVERAGINGS.map((one) =>
      asGood(`${one.weights.replaceAll(' ', '-')}-${one.last}-over-${one.span}`, words(one), averaged(MAIN, one)),
    ),
    ...OTHER_PATHS.map((path) => asGood(slug(path), `The usual average on ${PATH_WORDS[path]}`, averaged(path))),
    ...SHORT_ALPHAS.map((alpha) =>
      asGood(
        `alpha-${alpha}`,
        `Path switching with alpha ${alpha} and an average over each branch`,
        averagedBranch(alpha),
      ),
    ),
    ...SHORT_ALPHAS.map(
      (alpha): PaperClaim => ({
        id: `branch-worth-${alpha}`,
        claim: `A branch with alpha ${alpha} is worth its cost: its release is better than the usual average on the main path`,
        where: 'the step beyond',
        test: amongAverages(switchingOver(alpha), averaged(MAIN, USUAL), '< 0'),
      }),
    ),
  ];
}

const PATH_WORDS: Readonly<Record<(typeof OTHER_PATHS)[number], string>> = {
  'half the peak': 'a main path at half the peak rate',
  'WSD-S': 'the path of WSD-S, which decays at the end of every increment',
  'infinite schedule, constant': 'the constant phase of an infinite schedule',
  [CPT('cosine')]: 'the path of continual training under cosine, which decays over every increment,',
};

const slug = (words: string) => words.toLowerCase().replaceAll(/[^a-z]+/g, '-');

/**
 * Number of pairs of version and seed for which the two strategies release different bits. A missing release counts as
 * different.
 */
function differentReleases({ results }: Facts): number {
  const { strategies, seeds, data } = results[COMPARED]!;
  const digestsOf = (name: string) =>
    new Map<string, string>(
      strategies
        .filter((strategy) => strategy.name === name)
        .flatMap(({ seed, releases }) => releases.map((one) => [`${seed}:${one.version}`, one.weightsDigest] as const)),
    );
  const [scratch, switching] = [digestsOf(IN_ORDER), digestsOf(SWITCHING('1-sqrt'))];
  return seeds
    .flatMap((seed) => data.versions.map(({ index }) => `${seed}:${index}`))
    .filter((key) => !scratch.has(key) || scratch.get(key) !== switching.get(key)).length;
}
