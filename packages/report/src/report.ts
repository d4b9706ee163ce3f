import type { Results } from '@branchline/evaluation';
import { documentText } from './document.js';
import { html } from './html.js';
import { costSection, graphSection, heldOutSection, pathsSection } from './sections/charts.js';
import { comparisonSection } from './sections/comparison.js';
import { headlineSection } from './sections/headline.js';
import { heatSection } from './sections/heat.js';
import { pluginsSection, reproduceSection } from './sections/reproduce.js';
import { tableSection } from './sections/table.js';
import { tasksSection } from './sections/tasks.js';
import { transferSection } from './sections/transfer.js';
import { validationSection } from './sections/validation.js';
import { styleSheet } from './style.js';
import { viewOf } from './view.js';

/**
 * Renders the report of an experiment as one self-contained HTML file without network requests. Equal results give
 * equal text.
 */
export function renderReport(results: Results): string {
  const view = viewOf(results);
  return documentText({
    title: results.experiment.name,
    style: styleSheet(view.shown.map(({ index }) => index)),
    main: html`${headlineSection(view)}
${costSection(view)}
${comparisonSection(view)}
${tableSection(view)}
${pathsSection(view)}
${heldOutSection(view)}
${validationSection(view)}
${graphSection(view)}
${transferSection(view)}
${heatSection(view)}
${tasksSection(view)}
${pluginsSection(view)}
${reproduceSection(view)}`,
    footer: html`Made by Branchline from <code>results.json</code>. This file loads nothing from the network.`,
  });
}
