/** Every table of the command line, with names that are too long for it: no line is wider than the terminal. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Amounts, GroupedBill } from '@branchline/accounting';
import type { Optimization, ScalePlan } from '@branchline/api';
import type { Results } from '@branchline/evaluation';
import { seedsResults } from '@branchline/report/test/comparison.js';
import { crowdedName, crowdedResults } from '@branchline/report/test/crowded.js';
import fc from 'fast-check';
import colors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { reportText } from '../doctor/text.js';
import { fitted } from '../extensions/columns.js';
import { longTable } from '../ledger/long-table.js';
import { groupedText } from '../ledger/text.js';
import { optimizationText } from '../optimize/text.js';
import { resultsTable } from './results-table.js';
import { scaleText } from './scale-text.js';
import { claimsTable, seedsTable } from './seeds-table.js';
import type { Style } from './style.js';
import { table } from './table.js';
import { tasksTable } from './tasks-table.js';
import { releasesTable } from './update-table.js';
import { validationTable } from './validation-table.js';

const styleOf = (columns: number): Style => ({ ...colors.createColors(true), columns });
/** Lines of tables that are too wide. Notes begin without spaces, and a terminal breaks them. */
const tooWide = (text: string, columns: number) =>
  text.split('\n').filter((line) => line.startsWith('  ') && stringWidth(line) > columns);
const VERSIONS = Array.from(
  { length: 12 },
  (_, index) => `everything that was collected until 2024-${String(index + 1).padStart(2, '0')}, 全部数据`,
);

/** 200 strategies of twelve versions with long names, validation sets and tasks, with one seed or several. */
function adversarial(seeds: readonly number[]): Results {
  const crowded = crowdedResults();
  const versions = VERSIONS.map((name, index) => ({ ...crowded.data.versions[0]!, index: index + 1, name }));
  const sets = ['news of the last month, all languages', '新闻，最近一个月，所有语言，全部来源'];
  const of = (name: string) => ({ name, tokens: 50, loss: 3.12345, bitsPerByte: 2, lossByDomain: {} });
  const task = (name: string) => ({ name, items: 8, acc: 0.5, acc_norm: 0.6, chance: 0.25, parts: [] });
  const strategies = seeds.flatMap((seed) =>
    crowded.strategies.map((strategy, at) => ({
      ...strategy,
      seed,
      releases: VERSIONS.map((_, index) => ({
        ...strategy.releases[0]!,
        ...{ version: index + 1, seed, loss: 3 + at / 997 + seed / 1e4, bitsPerByte: 2 },
        lossByVersion: Object.fromEntries(VERSIONS.map((name) => [name, 3])),
        ...{ validation: sets.map(of), tasks: sets.map(task) },
      })),
    })),
  );
  const comparison = seedsResults((name) => crowdedName(name, 2)).comparison!;
  const reason = 'it failed under seed 3, for a reason that takes more than one line to say in full';
  return {
    ...crowded,
    seeds,
    strategies,
    data: {
      ...crowded.data,
      versions,
      validation: sets.map((name) => ({ name, sequences: 5, tokens: 50, removed: { documents: 1, bytes: 20 } })),
    },
    comparison:
      seeds.length === 1 ? null : { ...comparison, claims: comparison.claims.map((one) => ({ ...one, reason })) },
  };
}

const [one, several] = [adversarial([1]), adversarial([1, 2, 3])];
const cost = { steps: 1e9, tokens: 1e12, flops: 1e24, seconds: 1e7, deviceHours: 1e5, kilowattHours: 1e4, money: 1e6 };
const names = one.strategies.map(({ name }) => name);

const scaled = {
  ...{
    scale: { parameters: 1e9, tokens: 1e12, versions: 6, devices: { count: 8, name: 'H200' } },
    batch: 1e6,
    currency: 'EUR',
  },
  ...{ stepsOfVersions: [1], baseline: names[0], assumptions: [], failures: [], disk: { end: 1, peak: 1 } },
  together: { ...cost, saved: 0.5 },
  predicted: { law: 'law', interval: 0.01 },
  strategies: names.map((name) => ({
    name,
    cost,
    lastVersion: cost,
    ratioToBaseline: 1,
    loss: 2,
    meanLoss: 3,
    onFront: true,
    uncovered: [],
  })),
} as unknown as ScalePlan;

const found = {
  ...{
    evaluations: 9,
    candidates: [],
    interrupted: false,
    assumptions: [],
    budget: {},
    currency: 'EUR',
    scale: { devices: { count: 1 } },
  },
  ...{ predicted: { law: 'law', interval: 0.01 }, deviation: 0.004, baseline: 'none' },
  fronts: {
    last: names.slice(0, 9).map((strategy) => ({
      candidate: {
        name: strategy,
        strategy,
        cost,
        options: { [`${strategy}.alpha`]: 0.123, 'x.schedule of the branch': 'one minus the square root' },
      },
      ...{ loss: 2.1, interval: [2, 2.2], level: 1, toConfirm: true },
    })),
    mean: [],
  },
  leftOut: names.slice(0, 5).map((strategy) => ({
    strategy,
    candidates: 3,
    kind: 'law',
    reason: 'the law does not cover so short a decay of so low a rate',
  })),
  comparisons: names.slice(0, 5).map((better) => ({
    better,
    cheaper: names[9],
    of: 'last',
    difference: -0.1,
    distinguishable: true,
    seeds: 3,
    decidedBy: [3, 5, 8].map((seeds) => ({ seeds, deviation: 0.1 })),
  })),
} as unknown as Optimization;

const amounts = { steps: 1e9, tokens: 1e12, flops: 1e24, device_seconds: 1e7, energy_joules: 1e9, money: '123456' };
const side = (name: string) =>
  Object.fromEntries(Object.entries(amounts).map(([key, value]) => [`${name}_${key}`, value]));
const bill = {
  ...{ by: ['strategy', 'path'], actual: amounts, rest: amounts },
  rows: names.map((strategy) => ({ strategy, path: `branch of ${strategy}`, ...side('alone'), ...side('share') })),
} as unknown as GroupedBill & { actual: Amounts };

const doctor = {
  ...{
    branchline: '0',
    gpus: { found: [], silence: '' },
    vulkan: { found: [], silence: '' },
    engines: [],
    auto: null,
    python: null,
  },
  machine: {
    platform: '',
    processor: '',
    instructionSet: '',
    threads: 1,
    memoryBytes: 1,
    freeMemoryBytes: 1,
    node: '20',
  },
  packages: [
    {
      name: '@tensorflow/tfjs-node-with-a-name-that-is-long',
      version: null,
      use: 'the backend of the eager engine, where it is installed and its library can be loaded',
      optional: true,
    },
  ],
  onnxRuntimeProviders: {
    bundled: ['cpu'],
    others: Array.from({ length: 12 }, (_, index) => `provider-${index}`),
    silence: null,
  },
  ...{ torch: { works: false, refusal: 'none' }, olmoCore: { works: false, refusal: 'none' }, measured: null },
  missing: [
    {
      what: 'the TensorFlow backend for GPUs of this machine',
      remedy: 'npx branchline backend install tensorflow --cuda, with a driver of at least 535.104',
    },
  ],
} as never;

const tables: Readonly<Record<string, (style: Style) => string>> = {
  'bench, one seed': (style) => resultsTable(one, style),
  'bench, several seeds': (style) => seedsTable(several, style),
  claims: (style) => claimsTable(several.comparison!, style),
  'validation sets': (style) =>
    validationTable(one, style)!
      .split('\n')
      .filter((line) => !/was removed|were removed/.test(line))
      .join('\n'),
  'validation sets, several seeds': (style) =>
    validationTable(several, style)!
      .split('\n')
      .filter((line) => !/was removed|were removed/.test(line))
      .join('\n'),
  tasks: (style) => tasksTable(one, style)!,
  update: (style) => releasesTable(several, VERSIONS.slice(10), style),
  'plan --scale': (style) =>
    scaleText(scaled, style)
      .split('\n\n')
      .filter((part) => part.includes('\u001b[1m'))
      .join('\n\n'),
  optimize: (style) =>
    optimizationText(found, style)
      .split('\n')
      .filter((line) => !/^(by the law|of the difference)/.test(line))
      .join('\n'),
  'ledger by strategy and path': (style) => groupedText(bill, 'EUR', style),
  'ledger entries': (style) =>
    longTable(
      ['booked', 'kind', 'needed by', 'EUR'],
      names.map((name) => ['2026-12-01 03:41:00', 'train', `${name}, ${name}`, '12']),
      style,
      [3],
    ),
  plugins: (style) =>
    fitted(
      ['option', 'type', 'default', ''],
      names.map((name) => [name.slice(0, 60), name, name, name]),
      style.columns,
      style,
    ),
  doctor: (style) => reportText(doctor, style),
};

describe.each([60, 100])('in %i columns', (columns) => {
  test.each(Object.keys(tables))('%s', (name) => {
    const text = tables[name]!(styleOf(columns));
    expect(text.length).toBeGreaterThan(100);
    expect(tooWide(text, columns)).toEqual([]);
  });
});

test('strategies stay different in every block of the tables of bench', () => {
  for (const text of [resultsTable(one, styleOf(100)), seedsTable(several, styleOf(100))]) {
    const blocks = text.split('\n\n').map((block) => block.split('\n').slice(1));
    expect(blocks.length).toBeGreaterThan(1);
    for (const lines of blocks) {
      const shown = lines.map((line) => line.slice(0, 38)).filter((start) => start.trim() !== '');
      expect([shown.length, new Set(shown).size]).toEqual([40, 40]);
    }
  }
});

test('any table fits, whatever its cells are', () => {
  const word = fc.constantFrom(
    'path switching',
    '学习率',
    'a',
    'e\u0301',
    '🚀',
    'averyveryverylongword',
    ' ',
    '3.1234',
  );
  const cell = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
  const shape = fc.record({ columns: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 60, max: 140 }) });
  fc.assert(
    fc.property(
      shape,
      fc.infiniteStream(cell),
      fc.array(fc.nat(8), { maxLength: 4 }),
      ({ columns, width }, cells, prose) => {
        const row = () => Array.from({ length: columns }, () => String(cells.next().value));
        const text = table(row(), Array.from({ length: 5 }, row), styleOf(width), [], prose);
        // Numbers stay whole, however many there are.
        const isWhole = text.split('\n').some((line) => /[\d.]{50}/.test(line));
        expect(isWhole ? [] : tooWide(text, width)).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

test('no other file makes tables', () => {
  const source = join(import.meta.dirname, '..');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  const makers = files.filter((file) => readFileSync(join(source, file), 'utf8').includes("from 'cli-table3'"));
  expect(makers).toEqual([join('ui', 'table.ts')]);
});
