/** The claims of Wang et al. (EMNLP 2024, arXiv 2410.04103), fixed here before any run. */
import { type Facts, type PaperClaim, pair } from './definition.js';

/** Share of an increment in each branch; the paper's 58% at four versions. */
export const ALPHA = 0.6;
/** Rate of the lowered stage one, as a share of the peak. */
export const PEAK_SHARE = 0.1;
/** The schedules of the paper. */
export const SCHEDULES = ['cosine', 'knee', 'multi-step'] as const;
/** Numbers of versions of the table of costs. */
export const VERSIONS = [2, 3, 4, 5, 6] as const;
/** Name of the experiment that is trained. */
export const COMPARED = 'compared';
/** Names of those that are planned. */
export const ARRIVAL = 'arrival';
export const planName = (versions: number) => `versions-${versions}`;

/** Path switching over PTFS: (N + (N - 1) alpha) / (N (N + 1) / 2). */
export const costByFormula = (versions: number) =>
  (versions + (versions - 1) * ALPHA) / ((versions * (versions + 1)) / 2);

/** The same in the plan. */
export function costInPlan({ plans }: Facts, versions: number): number {
  const { stepsOf } = plans[planName(versions)]!;
  return stepsOf['path switching']! / stepsOf.PTFS!;
}

const PTFS = (schedule: string) => `PTFS, ${schedule}`;
const CPT = (schedule: string) => `CPT, ${schedule}`;
const SWITCHING = (schedule: string) => `path switching, ${schedule}`;
const compared = (strategy: string, against: string, expect: '<= margin' | '< 0' | '> 0', more = {}) =>
  pair(COMPARED, [strategy, against], expect, more);

/** In the order of the paper; ids are stable. */
export function claimsOfPathSwitching(): readonly PaperClaim[] {
  return [...costs(), ...qualities(), ...againstCpt(), ...ablations(), ...beyond()];
}

function costs(): readonly PaperClaim[] {
  return VERSIONS.map((versions) => ({
    id: `cost-${versions}`,
    claim: `With ${versions} versions path switching costs ${(100 * costByFormula(versions)).toFixed(1)}% of training from scratch`,
    where: versions === 4 ? 'abstract' : 'follows from the method',
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
    {
      id: 'gap-grows',
      claim: 'Continual training falls further behind training from scratch with every version',
      where: 'introduction; main results',
      test: compared(CPT('cosine'), PTFS('cosine'), '> 0', { version: 'slope' }),
    },
    {
      id: 'gap-to-switching-grows',
      claim: 'Continual training falls further behind path switching with every version',
      where: 'main results',
      test: compared(CPT('cosine'), SWITCHING('cosine'), '> 0', { version: 'slope' }),
    },
  ];
}

function ablations(): readonly PaperClaim[] {
  return [
    {
      id: 'stage-one',
      claim: 'A lower rate while the initialization checkpoint is prepared is worse; the branches are the same',
      where: 'ablation of stage one',
      test: compared(SWITCHING('low rate in stage one'), SWITCHING('peak again in stage two'), '> 0'),
    },
    {
      id: 'stage-two',
      claim: 'A decay that stops at half of the peak while training from the checkpoint is worse than a complete one',
      where: 'ablation of stage two',
      test: compared(SWITCHING('half a decay in stage two'), SWITCHING('cosine'), '> 0'),
    },
  ];
}

function beyond(): readonly PaperClaim[] {
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
          expected: 4 + 3 * ALPHA,
        }),
      },
    },
    {
      id: 'graph-releases',
      claim: 'Releases of that training from scratch that differ in any bit from those of path switching: none',
      where: 'not in the paper',
      test: { by: 'count', count: (facts) => ({ found: differentReleases(facts), expected: 0 }) },
    },
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
            { strategy: 'main path, average', weight: 1 },
            { strategy: PTFS('cosine'), weight: -0.4 },
          ],
          expect: '~ 0',
        },
      },
    },
    {
      id: 'average-quality',
      claim: 'The average of the last six checkpoints of the main path is as good as path switching, or better',
      where: 'the step beyond',
      test: compared('main path, average', SWITCHING('cosine'), '<= margin'),
    },
  ];
}

/** Versions and seeds in which the two strategies do not release the same bits; a release that is missing is different. */
function differentReleases({ results }: Facts): number {
  const { strategies, seeds, data } = results[COMPARED]!;
  const digestsOf = (name: string) =>
    new Map<string, string>(
      strategies
        .filter((strategy) => strategy.name === name)
        .flatMap(({ seed, releases }) => releases.map((one) => [`${seed}:${one.version}`, one.weightsDigest] as const)),
    );
  const [scratch, switching] = [digestsOf('PTFS, stable-decay, arrival'), digestsOf(SWITCHING('1-sqrt'))];
  return seeds
    .flatMap((seed) => data.versions.map(({ index }) => `${seed}:${index}`))
    .filter((key) => !scratch.has(key) || scratch.get(key) !== switching.get(key)).length;
}
