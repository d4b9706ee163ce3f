import { expect, test } from 'vitest';
import { orderPlugins } from './order.js';
import type { PluginDefinition } from './types.js';

const plugin = (name: string, more: Partial<PluginDefinition> = {}) => ({
  plugin: { name, version: '1.0.0', kernel: '^1', setup: () => ({}), ...more } as PluginDefinition,
  configPath: `[${name}]`,
});
const names = (items: Parameters<typeof orderPlugins>[0]) =>
  orderPlugins(items).ordered.map(({ plugin: { name } }) => name);

test('by declaration, then enforce, then after', () => {
  expect(names([plugin('a'), plugin('b')])).toEqual(['a', 'b']);
  expect(names([plugin('a', { enforce: 'post' }), plugin('b'), plugin('c', { enforce: 'pre' })])).toEqual([
    'c',
    'b',
    'a',
  ]);
  expect(names([plugin('a', { after: ['c'] }), plugin('b'), plugin('c')])).toEqual(['b', 'c', 'a']);
});

test('unknown names and circles are problems', () => {
  const unknown = orderPlugins([plugin('a', { after: ['curiculum'] }), plugin('curriculum')]);
  expect(unknown.problems).toHaveLength(1);
  expect(unknown.problems[0]).toMatchObject({ plugin: 'a', remedy: 'Did you mean "curriculum"?' });
  const circle = orderPlugins([plugin('a', { after: ['b'] }), plugin('b', { after: ['a'] })]);
  expect(circle.problems[0]!.message).toMatch(/circle: a, b/);
});
