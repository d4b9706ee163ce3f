/** The tables of the path-switching paper, ours beside what is known of theirs. */
import type { Results } from '@branchline/core';
import type { Facts, PaperTable } from './definition.js';
import { ARRIVAL, COMPARED, costByFormula, costInPlan, VERSIONS } from './path-switching-claims.js';
import { lossOf, lossText, meanOf, namesOf } from './tables.js';

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** Costs by versions, strategies with cost and loss, and what no other strategy beats. */
export function tablesOfPathSwitching(facts: Facts): readonly PaperTable[] {
  const results = facts.results[COMPARED]!;
  const arrival = facts.plans[ARRIVAL]!;
  return [
    {
      title: 'Cost of path switching, in parts of training from scratch (PTFS)',
      head: ['versions', 'paper', 'ours'],
      rows: VERSIONS.map((versions) => [
        String(versions),
        // The abstract has the figure for four; the others follow from the method.
        `${percent(costByFormula(versions))}${versions === 4 ? '' : ' (derived)'}`,
        percent(costInPlan(facts, versions)),
      ]),
    },
    {
      title: 'Four versions of training from scratch in order of arrival, in increments of T steps',
      head: ['', 'by the formula', 'in the graph'],
      rows: [
        ['version by version', '10T', `${versionByVersion(arrival.increment)}T`],
        ['equal steps once', '5.8T', `${arrival.steps / arrival.increment}T`],
      ],
    },
    {
      title:
        "Strategies: cost in parts of PTFS, loss after the last version (the paper's cost; its perplexities belong to 1.2B parameters)",
      head: ['strategy', 'paper', 'ours', 'loss', 'best at its cost'],
      rows: namesOf(results).map((name) => [
        name,
        paperCost(name),
        percent(costOf(results, name)),
        lossText(results, name),
        isOnFront(results, name) ? 'yes' : '',
      ]),
    },
  ];
}

/** 1 + 2 + 3 + 4 increments. */
const versionByVersion = (increment: number) =>
  [1, 2, 3, 4].reduce((sum, index) => sum + index * increment, 0) / increment;

const costOf = (results: Results, name: string) => meanOf(results, name, ({ cost }) => cost.ratioToBaseline)!.mean;

function paperCost(name: string): string {
  if (/^PTFS, (cosine|knee|multi-step)$/.test(name)) return '100%';
  if (/^CPT, (cosine|knee|multi-step)$/.test(name)) return '40% (derived)';
  if (/^path switching, (cosine|knee|multi-step)$/.test(name)) return '58%';
  return '-';
}

/** On the Pareto front: nothing is cheaper or as cheap, and better. */
function isOnFront(results: Results, name: string): boolean {
  const [cost, loss] = [costOf(results, name), lossOf(results, name)!.mean];
  return namesOf(results).every((other) => costOf(results, other) > cost || lossOf(results, other)!.mean >= loss);
}
