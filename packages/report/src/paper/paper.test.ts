/** Pages of reproductions and their figures. */
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, inject, it } from 'vitest';
import { costLossFigure, figuresOf, paperPage } from '../../test/paper.js';
import { drawCostLoss } from './cost-loss.js';
import { renderFigure } from './draw.js';
import type { CostLossFigure, CostLossPoint } from './figure.js';
import { renderPaper } from './render.js';

type Node = DefaultTreeAdapterTypes.Node;

/** Every element with its attribute names, and all texts. */
function read(page: string) {
  const shapes = new Set<string>();
  const texts: string[] = [];
  const visit = (node: Node): void => {
    if ('attrs' in node) shapes.add([node.tagName, ...node.attrs.map(({ name }) => name).sort()].join(' '));
    if (node.nodeName === '#text') texts.push((node as DefaultTreeAdapterTypes.TextNode).value);
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parse(page));
  return { shapes, texts };
}

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);

describe('a page', () => {
  const page = renderPaper(paperPage());

  it('is deterministic, loads nothing and runs no scripts', () => {
    expect(renderPaper(paperPage())).toBe(page);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page.match(/<script|<img|<iframe|<object|@import|url\((?!#)|https?:|javascript:/i)?.[0]).toBeUndefined();
    expect(matches(page, /\b(?:src|href)="([^"]*)"/g)).toEqual(['data:,', 'compared/report.html']);
    expect(page.match(/.{80}(NaN|Infinity|undefined)/)?.[0]).toBeUndefined();
  });

  it('numbers figures and tables as a paper does, the headline first', () => {
    expect(matches(page, /<b>(Figure \d+\. [^<]*)<\/b>/g)).toEqual([
      'Figure 1. What a lower loss costs.',
      'Figure 2. The run graph finds path switching.',
      'Figure 3. Loss against the end of the decay.',
      'Figure 4. Loss of each release on the text of each version.',
      'Figure 5. Advantage of ascending order.',
      'Figure 6. Claims about compared.',
    ]);
    expect(matches(page, /<b>(Table \d+\. [^<]*)<\/b>/g)).toEqual([
      'Table 1. Cost of path switching, in parts of training from scratch.',
      'Table 2. Strategies.',
      'Table 3. Verdicts.',
    ]);
    const ids = matches(page, / id="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    for (const labels of matches(page, /aria-labelledby="([^"]+)"/g)) {
      for (const label of labels.split(' ')) expect(ids).toContain(label);
    }
  });

  it('explains failed claims and names missing strategies', () => {
    const known = page.slice(page.indexOf('<section id="known">'), page.indexOf('<section id="reproduce">'));
    expect(matches(known, /<code><bdi>([^<]*)</g)).toEqual(['close']);
    expect(known).toContain('A decay does not pay in so few steps.');
    expect(page).toContain('Not among the results of <bdi>compared</bdi>: <bdi>three</bdi>.');
    const plain = paperPage();
    const silent = renderPaper({ ...plain, claims: plain.claims.map((claim) => ({ ...claim, note: null })) });
    expect(silent).toContain('We do not know why.');
    const held = renderPaper({ ...plain, claims: plain.claims.filter(({ verdict }) => verdict === 'holds') });
    expect(held).toContain('No claim fails');
    expect(held).toContain('2 of 2 claims hold, none fails, 0 undecided');
  });

  it('renders an empty page', () => {
    const bare = { ...paperPage(), figures: [], tables: [], claims: [], experiments: [] };
    expect(matches(renderPaper(bare), /<section id="([^"]+)"/g)).toEqual(['claims', 'reproduce']);
  });
});

const NAMES = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></script></svg><svg onload=alert(1)>',
  '<!--',
  ']]>',
  '`;}</style><style>*{display:none}',
  '\u202egpj.exe',
  '\u0000\u001b[31m',
  '\ud800',
  '\uffff',
  '$& {{x}}',
  '__proto__',
  '',
];

it('names are text everywhere, in pages and in files', () => {
  const harmless = [(name: string) => name, (name: string) => `${name} ${'and on '.repeat(30)}`];
  const known = new Set(harmless.flatMap((text) => [...read(renderPaper(paperPage(text))).shapes]));
  const inFiles = new Set(
    harmless.flatMap((text) => figuresOf(text).flatMap((one) => [...read(renderFigure(one)).shapes])),
  );
  for (const name of inject('full') ? NAMES : NAMES.filter((_, index) => index % 4 === 0)) {
    // Followed by the original text, so that all names are distinct.
    const text = (plain: string) => `${name} ${plain}`;
    const { shapes, texts } = read(renderPaper(paperPage(text)));
    expect([...shapes].filter((shape) => !known.has(shape))).toEqual([]);
    const shown = text('main path, average').replace(/[\p{Cc}\p{Cs}\u202e]/gu, '\ufffd');
    expect(texts).toContain(shown);
    for (const figure of figuresOf(text)) {
      const file = renderFigure(figure);
      expect([...read(file).shapes].filter((shape) => !inFiles.has(shape))).toEqual([]);
      // Characters that XML does not allow.
      expect(file.match(/[^\t\n\P{Cc}]|[\p{Cs}\ufffe\uffff]|&(?!(amp|lt|gt|quot|#39);)/u)).toBeNull();
    }
  }
});

describe('files of figures', () => {
  it('are self-contained and deterministic, and have light and dark colours', () => {
    for (const figure of figuresOf()) {
      const file = renderFigure(figure);
      expect(renderFigure(figure)).toBe(file);
      expect(file.startsWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -20 940 ')).toBe(true);
      expect(file).toContain('@media (prefers-color-scheme:dark)');
      expect(matches(file, /(https?:[^"]*)/g)).toEqual(['http://www.w3.org/2000/svg']);
      expect(file.match(/<script|<image|<use|url\(|@import|NaN|Infinity|undefined/)?.[0]).toBeUndefined();
    }
  });
});

/** For each numbered mark: its position and whether it is on the front. */
function marksOf(figure: CostLossFigure, size: 'wide' | 'narrow' = 'wide') {
  const { content } = drawCostLoss(figure, size);
  const [picture] = content.text.split('<g transform="translate(0 ');
  const disks = picture!.matchAll(/<circle class="disk( ring)?" cx="([^"]+)" cy="([^"]+)"[^>]*\/><text[^>]*>(\d+)</g);
  return [...disks].map(([, ring, x, y, number]) => ({
    number: Number(number),
    x: Number(x),
    y: Number(y),
    ring: ring !== undefined,
  }));
}

describe('cost against loss', () => {
  const estimate = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });
  const point = fc.record({
    cost: fc.constantFrom(0.4, 0.43, 0.58, 1),
    loss: fc.integer({ min: 200, max: 300 }).map((hundredths) => estimate(hundredths / 100)),
    group: fc.constantFrom('one', 'two', 'three'),
  });
  const figureWith = (points: readonly CostLossPoint[]) => ({ ...(costLossFigure() as CostLossFigure), points });

  it('numbers every strategy, overlaps no marks, and rings the Pareto front', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 45 }), (some) => {
        const points = some.map((one, index) => ({ ...one, label: `strategy ${index}` }));
        const marks = marksOf(figureWith(points));
        expect(marks.map(({ number }) => number)).toEqual(points.map((_, index) => index + 1));
        for (const [index, one] of marks.entries()) {
          expect(one.x).toBeGreaterThan(0);
          expect(one.x).toBeLessThan(900);
          for (const other of marks.slice(index + 1)) {
            expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(12);
          }
        }
        const beaten = (a: CostLossPoint) =>
          points.some(
            (b) => b.cost <= a.cost && b.loss.value <= a.loss.value && (b.cost < a.cost || b.loss.value < a.loss.value),
          );
        expect(marks.filter(({ ring }) => ring)).toHaveLength(points.filter((one) => !beaten(one)).length);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('names the front and the baseline, and marks outliers at the edge with an arrow', () => {
    const { content } = drawCostLoss(costLossFigure() as CostLossFigure, 'wide');
    const named = matches(content.text, /<text class="label c\d" x="[^"]*" y="[^"]*" text-anchor="[^"]*">([^<]*)</g);
    expect(named).toContain('from scratch, cosine (baseline)');
    expect(named).toContain('main path, last 12');
    expect(content.text.match(/class="beyond"/g)).toHaveLength(2);
  });

  it('leaves out values that are not finite', () => {
    const bad = { label: 'bad', cost: 0.4, loss: { value: Number.NaN, low: 0, high: 0 } };
    expect(marksOf(figureWith([bad, { label: 'good', cost: 1, loss: estimate(2) }]))).toHaveLength(1);
    expect(marksOf(figureWith([]))).toEqual([]);
  });
});

it('a run graph shows how much was trained: separately 10T, as a trunk with branches 5.8T', () => {
  const [, graph] = figuresOf();
  expect(matches(renderFigure(graph!), />trained: ([^<]*)</g)).toEqual(['10T', '5.8T']);
});

it('lines, matrices and bars describe their numbers for screen readers', () => {
  const [, , lines, matrix, bars] = figuresOf().map(renderFigure);
  expect(lines).toMatch(/<desc id="d">decoder shuffled: 1: 3\.\d{4} ±0\.0300, 3: /);
  expect(matrix).toMatch(/<desc id="d">continual: release 1: \d\.\d\d, \d\.\d\d, –, –, release 2: /);
  expect(bars).toContain('no decay, decoder: 0.0600 ±0.0200');
});
