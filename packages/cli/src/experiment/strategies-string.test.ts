import { resolve } from 'node:path';
import { BranchlineError, type Problem } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrategies } from './strategies-string.js';

const messageOf = (text: string): string => {
  try {
    parseStrategies(text);
  } catch (error) {
    if (error instanceof BranchlineError && error.code === 'config') return error.problems[0]!.message;
    throw error;
  }
  return 'no error';
};

describe('strategies in one line', () => {
  it('joins plugins by + and strategies by ,', () => {
    expect(parseStrategies('from-scratch, continual,path-switching  +  model-averaging')).toEqual({
      'from-scratch': [{ plugin: 'from-scratch' }],
      continual: [{ plugin: 'continual' }],
      'path-switching + model-averaging': [{ plugin: 'path-switching' }, { plugin: 'model-averaging' }],
    });
  });

  it('takes packages by name, and modules by a path relative to the working directory', () => {
    expect(parseStrategies('@lab/plugin-own + ./own.ts(share=1/2), ../own.js')).toEqual({
      '@lab/plugin-own + ./own.ts(share=1/2)': [
        { plugin: '@lab/plugin-own' },
        { plugin: resolve('own.ts'), options: { share: 0.5 } },
      ],
      '../own.js': [{ plugin: resolve('../own.js') }],
    });
  });

  it('takes names of Object.prototype', () => {
    expect(Object.keys(parseStrategies('constructor, toString(valueOf=1)'))).toEqual([
      'constructor',
      'toString(valueOf=1)',
    ]);
  });

  it('reads options of every kind', () => {
    const text = `p(alpha=0.3, floor=1/3, rewarm=false, order=folded, carry.optimizer=false, carry.data=true, weights=[0.5, 0.5], tiny=1e-3, name='a, b', empty=[-1])`;
    const [use] = Object.values(parseStrategies(text))[0]!;
    expect(use).toEqual({
      plugin: 'p',
      options: {
        alpha: 0.3,
        floor: 1 / 3,
        rewarm: false,
        order: 'folded',
        carry: { optimizer: false, data: true },
        weights: [0.5, 0.5],
        tiny: 0.001,
        name: 'a, b',
        empty: [-1],
      },
    });
  });

  it('takes empty parentheses as no options', () => {
    expect(parseStrategies('continual()')).toEqual({ 'continual()': [{ plugin: 'continual', options: {} }] });
  });

  it.each([
    ['', 'expected the name of a plugin, found the end, at character 1: ⟨here⟩'],
    ['a,', 'expected the name of a plugin, found the end, at character 3: a,⟨here⟩'],
    ['a + , b', 'expected the name of a plugin, found ",", at character 5: a + ⟨here⟩, b'],
    ['a b', 'expected "+", "," or the end, found "b", at character 3: a ⟨here⟩b'],
    ['a(x)', 'expected "=" and a value, found ")", at character 4: a(x⟨here⟩)'],
    ['a(x=)', 'expected a value, found ")", at character 5: a(x=⟨here⟩)'],
    ['a(x=1', 'expected "," or ")", found the end, at character 6: a(x=1⟨here⟩'],
    ['a(x=1, x=2)', 'option x stands here twice, at character 8: a(x=1, ⟨here⟩x=2)'],
    ['a(x=1, x.y=2)', 'x has a value already, at character 8: a(x=1, ⟨here⟩x.y=2)'],
    ['a(x="b)', 'the text in quotes does not end, at character 5: a(x=⟨here⟩"b)'],
    ['a(x=1/0)', 'divides by 0, at character 5: a(x=⟨here⟩1/0)'],
    ['a, b, a', '"a" stands here twice, at character 7: a, b, ⟨here⟩a'],
  ])('shows where %j goes wrong', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });
});

/** Problems of the text; empty if it is valid. */
function problemsOf(text: string): readonly Problem[] {
  try {
    expect(Object.keys(parseStrategies(text))).not.toEqual([]);
    return [];
  } catch (error) {
    if (error instanceof BranchlineError && error.code === 'config') return error.problems;
    throw error;
  }
}

describe('any text as strategies', () => {
  it('gives strategies, or an error with its place', async () => {
    const words = fc.constantFrom(
      ...'()=,+[]"\'. \n/'.split(''),
      'continual',
      'a',
      'x.y',
      '__proto__',
      'toString',
      '1/3',
      '1/0',
      '-1',
      'true',
      '\u0000',
      '\u{1f600}',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 30 }).map((all) => all.join('')),
      fc.constantFrom('(', '[', 'a(x=[', '"', 'a(x=').map((start) => start.repeat(2000)),
      fc.constantFrom('a(x=', 'a(').map((start) => `${start}${'['.repeat(100_000)}`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (strategies) => {
        for (const { configPath, message } of problemsOf(strategies)) {
          expect(configPath).toBe('--strategies');
          expect(message).toContain('⟨here⟩');
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
    expect('polluted' in {}).toBe(false);
  });
});
