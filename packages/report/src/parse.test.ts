import { describe, expect, it } from 'vitest';
import { quickResults } from '../test/fixture.js';
import { parseResults, ResultsError } from './parse.js';

// biome-ignore lint/suspicious/noExplicitAny: the tests break results in ways that types forbid.
type Loose = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
const loose = (): Loose => JSON.parse(JSON.stringify(quickResults())) as Loose;

/* eslint-disable @typescript-eslint/no-unsafe-member-access */
function problemsOf(change: (results: Loose) => void): readonly string[] {
  const results = loose();
  change(results);
  try {
    parseResults(results);
  } catch (error) {
    expect(error).toBeInstanceOf(ResultsError);
    return (error as ResultsError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('parseResults', () => {
  it('accepts results of the kernel', () => {
    expect(problemsOf(() => undefined)).toEqual([]);
  });

  it('reports every schema problem with its path, in one error', () => {
    const problems = problemsOf((results) => {
      results.format = 1;
      delete results.seeds;
      results.extra = 1;
      results.strategies[2].releases[0].loss = 'low';
      results.data.digest = 'abc';
    });
    expect(problems).toHaveLength(5);
    for (const path of ['format', 'seeds', 'extra', 'strategies[2].releases[0].loss', 'data.digest']) {
      expect(problems.some((problem) => problem.startsWith(`${path}: `))).toBe(true);
    }
  });

  it('names the expected and the actual value in the message', () => {
    expect(() => parseResults({})).toThrow(/^results\.json has \d+ problems:\n {2}format: /);
    expect(() => parseResults(null)).toThrow(/^results\.json has 1 problem:\n {2}\(document\): /);
  });

  it('accepts a graph with strategies that failed', () => {
    const without = (results: Loose) => {
      const strategies = results.strategies as { readonly name: string }[];
      return strategies.splice(1, 1)[0]!.name;
    };
    expect(problemsOf(without)[0]).toMatch('no strategy is named');
    const problems = problemsOf((results) => {
      results.failures = [{ strategies: [without(results)], message: 'out of memory' }];
    });
    expect(problems).toEqual([]);
  });

  it('finds dangling names and indices', () => {
    expect(
      problemsOf((results) => {
        results.baseline = 'missing';
        results.strategies[1].name = 'CMA';
        results.strategies[0].releases[0].version = 9;
        results.graph.edges[0].to = 9999;
        results.graph.nodes[3].id = 7;
      }),
    ).toEqual(
      expect.arrayContaining([
        'strategies[4].name: another strategy is named "CMA" too',
        expect.stringMatching(/^baseline: no strategy is named "missing"; there are "from scratch"/),
        'strategies[0].releases[0].version: data.versions has no version 9',
        'graph.edges[0].to: graph.nodes has no node 9999',
        'graph.nodes[3].id: must be 3, its index',
      ]),
    );
  });
});
