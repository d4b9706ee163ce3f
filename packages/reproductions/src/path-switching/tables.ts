/** The tables of the path-switching paper, with published values next to ours. */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperTable } from '../paper/definition.js';
import { lossText, namesOf } from '../paper/tables.js';
import { costByFormula, costInPlan } from './claims.js';
import { costOf, pointsOf } from './costs.js';
import {
  ALPHAS,
  ARRIVAL,
  AVERAGED,
  averaged,
  averagedBranch,
  BY_VERSIONS,
  COMPARED,
  CPT,
  LARGER,
  MAIN,
  PAPER_VERSIONS,
  PTFS,
  SHORT_ALPHAS,
  SWITCHING,
  switchingOver,
  VERSIONS,
} from './names.js';

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** Costs by number of versions, strategies with cost and loss, and the ablations. */
export function tablesOfPathSwitching(facts: Facts): readonly PaperTable[] {
  const { [LARGER]: larger } = facts.results;
  return [
    byVersions(facts),
    graph(facts),
    strategies(
      facts.results[COMPARED]!,
      "Strategies: cost in parts of PTFS, loss after version 4 (the paper's cost; its perplexities belong to 1.2B parameters)",
    ),
    alphas(facts),
    strategies(facts.results[AVERAGED]!, 'Averages: on the main path, on other paths, and over branches'),
    ...(larger === undefined ? [] : [strategies(larger, 'The larger model')]),
  ];
}

function byVersions(facts: Facts): PaperTable {
  const results = facts.results[BY_VERSIONS]!;
  const trained = [PTFS('cosine'), CPT('cosine'), SWITCHING('cosine'), averaged(MAIN)];
  return {
    title: 'Two to six versions: cost of path switching in parts of training from scratch (PTFS), and losses',
    caption: 'Costs are of the plan; losses are those of one training with six versions, after each.',
    head: ['versions', 'cost, paper', 'cost, ours', ...trained],
    rows: VERSIONS.map((versions) => [
      String(versions),
      // The abstract gives the figure for four versions; the others follow from the method.
      `${percent(costByFormula(versions))}${versions === PAPER_VERSIONS ? '' : ' (derived)'}`,
      percent(costInPlan(facts, versions)),
      ...trained.map((name) => lossText(results, name, versions)),
    ]),
  };
}

function graph({ plans }: Facts): PaperTable {
  const { increment, steps } = plans[ARRIVAL]!;
  return {
    title: 'Four versions of training from scratch in order of arrival, in increments of T steps',
    head: ['', 'by the formula', 'in the graph'],
    rows: [
      ['version by version', '10T', `${[1, 2, 3, 4].reduce((sum, index) => sum + index * increment, 0) / increment}T`],
      ['equal steps once', '5.8T', `${steps / increment}T`],
    ],
  };
}

function strategies(results: Results, title: string): PaperTable {
  const front = new Set(pointsOf(results).filter(({ best }) => best));
  const onFront = new Set([...front].map(({ name }) => name));
  return {
    title,
    head: ['strategy', 'cost, paper', 'cost, ours', 'loss', 'best at its cost'],
    rows: namesOf(results).map((name) => [
      name,
      paperCost(name),
      percent(costOf(results, name)),
      lossText(results, name),
      onFront.has(name) ? 'yes' : '',
    ]),
  };
}

function alphas({ results }: Facts): PaperTable {
  const [compared, averages] = [results[COMPARED]!, results[AVERAGED]!];
  const isShort = (alpha: number): alpha is (typeof SHORT_ALPHAS)[number] =>
    SHORT_ALPHAS.some((short) => short === alpha);
  return {
    title: 'The length of branches (cosine): cost, loss after version 4, and the loss of an average over each branch',
    head: ['alpha', 'cost', 'loss', 'averaged'],
    rows: [
      ['0 (main path)', percent(costOf(compared, MAIN)), lossText(compared, MAIN), lossText(compared, averaged(MAIN))],
      ...ALPHAS.map((alpha) => [
        String(alpha),
        percent(costOf(compared, switchingOver(alpha))),
        lossText(compared, switchingOver(alpha)),
        isShort(alpha) ? lossText(averages, averagedBranch(alpha)) : '-',
      ]),
    ],
  };
}

function paperCost(name: string): string {
  if (/^PTFS, (cosine|knee|multi-step)$/.test(name)) return '100%';
  if (name.startsWith(CPT('')) && !name.includes('over')) return '40% (derived)';
  if (/^path switching, (cosine|knee|multi-step)$/.test(name)) return '58%';
  return '-';
}
