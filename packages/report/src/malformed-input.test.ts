/** Malformed results, and names that contain markup or special property names. */
import type { Results } from '@branchline/evaluation';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, inject, it } from 'vitest';
import { mutate, mutations } from '../test/mutations.js';
import { smallResults } from '../test/small.js';
import { layoutGraph } from './charts/graph-layout.js';
import { parseResults, ResultsError } from './parse.js';
import { renderReport } from './report.js';

type Node = DefaultTreeAdapterTypes.Node;

/** A page as parsed by a browser. */
interface Page {
  /** Every element with its attribute names. */
  readonly shapes: ReadonlySet<string>;
  /** Values of all other attributes, by name: links, classes, ids. */
  readonly acting: ReadonlyMap<string, ReadonlySet<string>>;
  /** Texts of elements and of attributes that are displayed or read aloud. */
  readonly texts: readonly string[];
}

const SPOKEN = new Set(['title', 'aria-label', 'datetime', 'content']);
/** Attributes with coordinates and other geometry. */
const GEOMETRY =
  /^(x|y|x1|x2|y1|y2|cx|cy|r|rx|d|width|height|viewbox|transform|points|opacity|font-size|stroke-width)$/i;
const NUMBERS = /^(translate|rotate|Infinity|NaN|[-+\d.,\s()eMLHVCSQTAZmlhvcsqtaz])*$/;

function read(html: string): Page {
  const shapes = new Set<string>();
  const acting = new Map<string, Set<string>>();
  const texts: string[] = [];
  const visit = (node: Node): void => {
    if ('attrs' in node) {
      shapes.add([node.tagName, ...node.attrs.map(({ name }) => name).sort()].join(' '));
      for (const { name, value } of node.attrs) {
        if (SPOKEN.has(name)) texts.push(value);
        else if (GEOMETRY.test(name)) expect(value).toMatch(NUMBERS);
        else if (name === 'style')
          expect(value).toMatch(/^(width:(\d|\.|e[-+])+%|--h:(\d|\.|e[-+])+|(width:|--h:)(NaN|Infinity)%?)$/);
        else acting.set(name, (acting.get(name) ?? new Set()).add(value));
      }
    }
    if (node.nodeName === '#text') texts.push((node as DefaultTreeAdapterTypes.TextNode).value);
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parse(html));
  return { shapes, acting, texts };
}

const beyond = (some: Iterable<string>, known: ReadonlySet<string> | undefined) =>
  [...some].filter((one) => !known?.has(one));

/**
 * Reference pages with harmless names, short and long, because a long label may get a line to its point. One has no
 * losses by domain, which JSON parsers drop under a name such as __proto__; one has several seeds.
 */
function harmlessPages(): readonly Page[] {
  const names = [
    (plain: string) => plain,
    (plain: string) => `${plain} ${'and on '.repeat(30)}`,
    (plain: string) => `名前 ${plain}`,
  ];
  const all = names.map((name) => smallResults(name));
  const bare = { ...all[0]!, data: { ...all[0]!.data, domains: ['another', 'and another'] } };
  return [...all, bare, { ...all[0]!, seeds: [1, 2] }].map((results) => read(renderReport(results)));
}
const harmless = harmlessPages();
const SHAPES = new Set(harmless.flatMap(({ shapes }) => [...shapes]));
const ACTING = new Map(
  [...new Set(harmless.flatMap(({ acting }) => [...acting.keys()]))].map((name) => [
    name,
    new Set(harmless.flatMap(({ acting }) => [...(acting.get(name) ?? [])])),
  ]),
);

function expectNothingNew({ shapes, acting }: Page): void {
  expect(beyond(shapes, SHAPES)).toEqual([]);
  for (const [name, values] of acting) expect(beyond(values, ACTING.get(name))).toEqual([]);
}

/** Replaces characters that must not occur in a text, as the renderer does. */
const shown = (name: string) => name.replace(/[^\t\n\P{Cc}]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/** Number of mutated results to render. */
const CHANGED = inject('full') ? 700 : 70;

describe('names', () => {
  const breakers = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</title></style></script></svg></code></pre><svg onload=alert(1)>',
    '<!--',
    '-->',
    ']]>',
    '<![CDATA[<b>',
    '&lt;script&gt;&amp;#x3c;&nbsp',
    'javascript:alert(1)',
    '`;}</style><style>*{display:none}',
    '\u202egpj.exe',
    '\u2066\u2069\u200f',
    '\u0000\u0007\u001b[31m\u009b31m\r',
    '\ud800',
    '\ufeff',
    '$& $1 %s {{x}}',
    '\n\n',
    '   ',
    '',
  ];
  const name = fc.oneof(
    fc.constantFrom(...breakers),
    fc.constantFrom(...breakers).map((part) => part.repeat(40)),
    fc
      .array(fc.oneof(fc.constantFrom(...breakers, ...`<>"'&/=;!-`.split('')), fc.string({ unit: 'binary' })), {
        maxLength: 6,
      })
      .map((parts) => parts.join('')),
  );

  it('are text everywhere, and add no elements or attributes to the page', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        // Every text of the results becomes a name followed by the original text, so that all are distinct.
        const given: string[] = [];
        const results = smallResults((plain) => {
          given.push(`${names[given.length % names.length]!} ${plain}`);
          return given.at(-1)!;
        });
        const page = read(renderReport(parseResults(JSON.parse(JSON.stringify(results)))));
        expectNothingNew(page);
        const { experiment, strategies, data, failures } = results;
        const whole = [
          experiment.command,
          ...strategies.flatMap(({ name: own, plugins }) => [own, plugins[0]!.name]),
          ...data.domains,
        ];
        for (const text of whole) expect(page.texts).toContain(shown(text));
        const parts = [
          experiment.name,
          failures[0]!.message,
          failures[0]!.strategies[0]!,
          ...data.versions.map((version) => version.name),
        ];
        for (const text of parts) expect(page.texts.some((other) => other.includes(shown(text)))).toBe(true);
      }),
      { seed: 1, numRuns: inject('full') ? 150 : 25 },
    );
  });

  it.each(['toString', '__proto__', 'constructor', 'valueOf', 'hasOwnProperty'])(
    'can be %s, a property of every object',
    (own) => {
      const page = read(
        renderReport(
          parseResults(
            JSON.parse(
              JSON.stringify(smallResults((plain) => (/^(one|prose|spring|key)$/.test(plain) ? `${own}` : plain))),
            ),
          ),
        ),
      );
      expectNothingNew(page);
      expect(page.texts).toContain(own);
      // Also if no loss is listed under the name.
      const other = smallResults();
      read(renderReport(parseResults({ ...other, data: { ...other.data, domains: [own] } })));
    },
  );

  it('cannot make the displayed command differ from the copied one', () => {
    const { texts } = read(
      renderReport(
        smallResults((plain) => (plain.startsWith('branchline') ? 'a \u202e\u2066b\u2069 \u001b[8m; rm -rf ~' : plain)),
      ),
    );
    expect(texts).toContain('a \ufffd\ufffdb\ufffd \ufffd[8m; rm -rf ~');
  });
});

describe('results with random changes', () => {
  it('are refused with the path of every problem, or rendered without new elements', () => {
    const good: unknown = JSON.parse(JSON.stringify(smallResults()));
    const count = { drawn: 0, refused: 0 };
    const tags = new Set([...SHAPES].map((shape) => shape.split(' ')[0]!));
    const attributes = new Set([...SHAPES].flatMap((shape) => shape.split(' ').slice(1)));
    fc.assert(
      fc.property(mutations, (changes) => {
        const broken = mutate(good, changes);
        let results: Results;
        try {
          results = parseResults(JSON.parse(JSON.stringify(broken) ?? 'null'));
        } catch (error) {
          expect(error).toBeInstanceOf(ResultsError);
          for (const { message } of (error as ResultsError).problems) expect(message).not.toBe('');
          count.refused++;
          return;
        }
        count.drawn++;
        const { shapes } = read(renderReport(results));
        for (const [tag, ...names] of [...shapes].map((shape) => shape.split(' ')))
          expect([tag, beyond([tag!], tags), beyond(names, attributes)]).toEqual([tag, [], []]);
      }),
      { seed: 1, numRuns: CHANGED },
    );
    expect(count.drawn).toBeGreaterThan(inject('full') ? 50 : 0);
    expect(count.refused).toBeGreaterThan((CHANGED * 3) / 7);
  });

  it('are refused if nested too deeply, and rendered if long', () => {
    const results = smallResults();
    const nested = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as never;
    expect(() => parseResults({ ...results, training: { ...results.training, optimizer: nested } })).toThrow(
      'lists and objects are nested too deeply',
    );
    const noList = { length: { toString: 1, valueOf: 1 } };
    expect(() => parseResults({ ...results, strategies: noList })).toThrow(ResultsError);
    const rate = Array.from({ length: 200_000 }, (_, step) => [step, 1e-3] as const);
    const [first, ...rest] = results.strategies;
    const path = { ...first!.paths[0]!, rate };
    renderReport(parseResults({ ...results, strategies: [{ ...first!, paths: [path] }, ...rest] }));
  });

  it('may have a graph with cycles', () => {
    const { graph } = smallResults();
    const edge = graph.edges[0]!;
    const circles = [
      [0, 1, 'train'],
      [1, 2, 'train'],
      [2, 1, 'train'],
      [2, 3, 'reset'],
      [3, 3, 'reset'],
      [3, 4, 'train'],
      [4, 3, 'average'],
      [4, 0, 'average'],
    ] as const;
    const edges = circles.map(([from, to, kind]) => ({ ...edge, from, to, kind }));
    const { nodes } = layoutGraph({ ...graph, nodes: graph.nodes.slice(0, 5), edges }, 10);
    expect(nodes.map(({ node }) => node.id)).toEqual([0, 1, 2, 3, 4]);
    const deep = Array.from({ length: 30_000 }, (_, id) => ({ ...graph.nodes[1]!, id, position: id }));
    const comb = deep.slice(1).map(({ id }) => ({ ...edge, from: (id - 1) >> 1, to: id, kind: 'train' as const }));
    expect(layoutGraph({ ...graph, nodes: deep.slice(0, 2000), edges: comb.slice(0, 1999) }, 0).nodes).toHaveLength(
      2000,
    );
  });
});
