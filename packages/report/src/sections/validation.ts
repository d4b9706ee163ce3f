import type { ReleaseResult, ValidationInfo, ValidationResult } from '@branchline/evaluation';
import { twoSizes } from '../charts/frame.js';
import { heldOutLoss } from '../charts/held-out.js';
import { legend, nameTag } from '../charts/symbols.js';
import { formatInteger, formatLoss } from '../format.js';
import { html, type Markup } from '../html.js';
import { type ReportView, ranked, releaseOf, validationOf } from '../view.js';
import { scrolling, section } from './figure.js';

/** Losses of every release on the validation sets, a chart and a table per set. Empty without validation sets. */
export function validationSection(view: ReportView): Markup {
  const sets = view.results.data.validation ?? [];
  if (sets.length === 0) return html``;
  const means = view.results.seeds.length === 1 ? '' : ', means over seeds';
  return section(
    'validation',
    'Validation sets',
    html`Loss on text from files of its own, which no strategy trains on, in nats per token and, below, in bits per byte${means}. Every release is measured on all of a set, whatever its version. The second chart of a set takes the baseline as zero. The lowest of each column is boxed.`,
    html`${legend(view.shown, null, 'narrow')}${sets.map((set, index) => setPart(view, set, index))}`,
  );
}

function setPart(view: ReportView, { name, tokens, removed }: ValidationInfo, index: number): Markup {
  const { documents, bytes } = removed;
  const about =
    documents === 0
      ? 'none of it was in the training text'
      : `removed from the training text, in whole or in part, for being in it too: ${formatInteger(documents)} ${documents === 1 ? 'document' : 'documents'}, ${formatInteger(bytes)} bytes`;
  const measured = {
    pick: (release: ReleaseResult) => validationOf(release, name)?.loss,
    name: `loss on ${name}`,
  };
  const charts = (['loss', 'difference'] as const).map(
    (kind) =>
      html`<figure>${twoSizes((size) => heldOutLoss(view, kind, size, `validation-${index}-${kind}-${size}`, measured))}</figure>`,
  );
  return html`<h3><bdi>${name}</bdi></h3><p class="reading">${formatInteger(tokens)} tokens; ${about}.</p><div class="pair">${charts}</div>${setTable(view, name)}`;
}

function setTable(view: ReportView, name: string): Markup {
  const { versions } = view;
  const strategies = ranked(view);
  const columns = versions.map((version) => {
    const shown = strategies.flatMap((strategy) => validationOf(releaseOf(strategy, version), name)?.loss ?? []);
    // Compares printed numbers, so that equal-looking ones are both marked, and none if all are equal.
    const best = new Set(shown.map(formatLoss)).size > 1 ? formatLoss(Math.min(...shown)) : undefined;
    return { version, best };
  });
  const cell = (result: ValidationResult | undefined, best: string | undefined) => {
    if (result === undefined) return html`<td class="none">–<span class="sr">not released</span></td>`;
    const isBest = formatLoss(result.loss) === best;
    return html`<td class="${isBest ? 'best ' : ''}loss"><span>${formatLoss(result.loss)}<small>${formatLoss(result.bitsPerByte)}</small></span>${isBest ? html`<span class="sr"> (lowest)</span>` : null}</td>`;
  };
  return scrolling(
    `Loss on ${name}`,
    html`<table class="main"><caption class="sr">Loss on <bdi>${name}</bdi></caption>
<thead><tr><th scope="col">Strategy</th>${columns.map(({ version }) => html`<th scope="col"><bdi>${view.versionName(version)}</bdi></th>`)}</tr></thead>
<tbody>${strategies.map((strategy) => html`<tr class="${strategy.colour} pick" data-s="${strategy.index}"><th scope="row">${nameTag(strategy)}</th>${columns.map(({ version, best }) => cell(validationOf(releaseOf(strategy, version), name), best))}</tr>`)}</tbody></table>`,
    view.others.length > 0,
  );
}
