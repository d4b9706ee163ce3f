/** Turns a finished reproduction into the data of its page. */
import type { PageClaim, PageExperiment, PaperPage } from '@branchline/report';
import type { Facts } from './definition.js';
import type { Finished } from './reproduce.js';
import { namesOf } from './tables.js';
import { resultOf } from './verdicts.js';

/** Builds the page. `reportOf` gives the path of an experiment's report, relative to the page. */
export function pageOf(
  { reproduction, facts, tables, figures, verdicts }: Finished,
  { command, reportOf }: { readonly command: string; readonly reportOf: (experiment: string) => string },
): PaperPage {
  const { paper, source, setting } = reproduction;
  const claims = reproduction.claims.map(({ id, where, test }, index): PageClaim => {
    const result = test.by === 'seeds' ? resultOf(facts, test.experiment, id) : undefined;
    const measured = test.by !== 'seeds' || result === undefined ? null : { experiment: test.experiment, result };
    return { ...verdicts[index]!, where, measured };
  });
  const experiments = Object.entries(facts.results).map(
    ([name, results]): PageExperiment => ({
      name,
      strategies: namesOf(results).length,
      seeds: results.seeds.length,
      parameters: results.model.parameters,
      tokensTrained: results.graph.tokensTrained,
      digest: results.experiment.digest,
      failures: results.failures,
      comparison: results.comparison,
      report: reportOf(name),
    }),
  );
  return { paper, source, setting, command, finishedAt: finishedAt(facts), figures, tables, claims, experiments };
}

/** When the last experiment finished. */
export const finishedAt = ({ results }: Facts): string =>
  Object.values(results)
    .map(({ experiment }) => experiment.finishedAt)
    .reduce((a, b) => (a > b ? a : b));
