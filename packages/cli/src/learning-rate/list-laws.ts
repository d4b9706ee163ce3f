/** `branchline lr laws`: the published laws. */
import { PUBLISHED_LAWS, type PublishedLaw } from '@branchline/plugin-learning-rate';
import { styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';

const SHORT = { parameters: 'N', width: 'width', tokens: 'D', batch: 'batch' } as const;

/** Prints the published laws. */
export function listLaws(json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(PUBLISHED_LAWS, null, 2)}\n`);
    return;
  }
  const style = styleFor(process.stdout);
  const rows = Object.entries<PublishedLaw>(PUBLISHED_LAWS).map(([name, { exponents, batch, fittedOn, source }]) => {
    const powers = Object.entries(exponents).map(([of, power]) => `${SHORT[of as keyof typeof SHORT]}^${power}`);
    return [style.bold(name), powers.join(' · '), batch, fittedOn, source];
  });
  const head = ['law', 'rate in proportion to', 'batch', 'fitted on', 'source'];
  const note =
    "N: parameters without the embedding and the output matrix. D: training tokens. Used as ratios: learningRate({ from, law: '...' }).";
  process.stdout.write(`${table(head, rows, style, [], [1, 2, 3, 4])}\n\n${style.dim(note)}\n`);
}
