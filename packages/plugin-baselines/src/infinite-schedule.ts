import { definePlugin, type ForkContext, type ForkPart, type Stage, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { exponential } from './exponential.js';
import { positiveShare, quoting, share, shareBelowOne } from './share.js';

/** The name of the one branch a version has. */
const BRANCH = 'anneal';

const constantAbove = quoting('constant', 'a number above 0, at most 1, the constant rate as a share of the peak');

const options = z
  .strictObject({
    cooldown: shareBelowOne(
      'cooldown',
      "the share of version 1's steps in which the rate cools down to the constant",
      'the constant phase must begin within version 1',
    )
      .default(0.3)
      .describe("Share of version 1's steps, after the warm-up, in which the rate falls from the peak to `constant`."),
    constant: z
      .number(constantAbove)
      .gt(0, constantAbove)
      .max(1, constantAbove)
      .default(1 / 3)
      .describe('The rate of the constant phase, as a share of the peak.'),
    anneal: share('anneal', "the share of an increment's steps in the branch that anneals")
      .default(0.2)
      .describe("Share of an increment's steps in each annealing branch. 0: no branch, the constant phase releases."),
    floor: positiveShare(
      'floor',
      'the rate at the end of the anneal as a share of the peak',
      'an exponential never reaches 0',
    )
      .optional()
      .describe("Where the anneal ends, as a share of the peak. Default: the experiment's floor."),
  })
  .superRefine((choice, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({ code: 'custom', path: [option], message: `${option} ${message}` });
    if (choice.floor !== undefined && choice.anneal === 0) {
      refuse('floor', 'changes nothing while anneal is 0: there is no branch');
    } else if (choice.floor !== undefined && choice.floor > choice.constant) {
      refuse('floor', `is ${choice.floor}, above the constant rate ${choice.constant} from which the anneal falls`);
    }
  });

type Options = z.output<typeof options>;

/**
 * The infinite learning-rate schedule (Singh et al., CoLLAs 2026, arXiv 2503.02844, equation 1; proposed in Ibrahim et al., arXiv
 * 2403.08763): warm-up, cosine cooldown to a constant, the constant for as long as data comes, and an exponential anneal whenever a
 * model is released. New data goes on from the constant phase, never from an anneal, so nothing is ever warmed up again. With an anneal
 * over a share a of every increment N versions cost N·T + (N-1)·a·T steps, as path switching does.
 */
export const infiniteSchedule = definePlugin({
  name: 'infinite-schedule',
  version: '1.0.0',
  kernel: '^1',
  description: 'One path that cools down to a constant rate; every release is the end of an exponential anneal.',
  owns: ['start', 'lr.shape', 'lr.floor', 'forks', 'release.path', 'at', 'steps'],
  options,
  setup: (choice) => ({
    onVersion: ({ version }): VersionPart => ({
      start: { from: version.index === 1 ? 'scratch' : 'tip' },
      lr: { shape: version.index === 1 ? coolingDown(choice) : held(choice.constant), floor: choice.floor },
      forks: choice.anneal === 0 ? [] : [BRANCH],
      release: { path: choice.anneal === 0 ? 'main' : BRANCH },
    }),
    onFork: (context): ForkPart | undefined =>
      context.fork === BRANCH && choice.anneal > 0 ? annealing(choice, context) : undefined,
  }),
});

const held = (level: number, over = 1): readonly Stage[] => [{ share: over, curve: 'constant', to: level }];

function coolingDown({ cooldown, constant }: Options): readonly Stage[] {
  const falling: Stage = { share: cooldown, curve: 'cosine', to: constant };
  return cooldown === 0 ? held(constant) : [falling, ...held(constant, 1 - cooldown)];
}

/** The branch over the last part of the increment; it starts at the constant rate. */
function annealing({ anneal, cooldown, constant }: Options, { spec, version }: ForkContext): ForkPart {
  const steps = Math.min(spec.steps, Math.max(1, Math.round(anneal * spec.steps)));
  const at = spec.steps - steps;
  const { warmup, floor } = spec.lr;
  const constantFrom = version.index === 1 ? warmup + Math.round(cooldown * Math.max(0, spec.steps - warmup)) : 0;
  if (at < constantFrom) {
    throw new Error(
      `the anneal of version 1 leaves after ${at} of its ${spec.steps} steps, but the constant phase begins after ${constantFrom}; make anneal, cooldown or the warm-up shorter`,
    );
  }
  if (floor <= 0 || floor > constant) {
    throw new Error(
      `the anneal falls from ${constant} of the peak to the floor, ${floor} of the peak: the floor must be above 0 and at most that; set floor`,
    );
  }
  return { at, steps, lr: { shape: exponential(steps, floor / constant) } };
}
