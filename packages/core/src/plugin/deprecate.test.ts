import { expect, test } from 'vitest';
import { type Deprecation, renewHooks } from './deprecate.js';

const renamed: Readonly<Record<string, Deprecation>> = {
  onRelease: { since: '1.2.0', until: '2.0.0', instead: 'afterRelease' },
};
const hook = () => undefined;

test('a hook under its old name goes on working, and its user is told the new one', () => {
  const { hooks, warnings, problems } = renewHooks({ onVersion: hook, onRelease: hook }, renamed);
  expect(hooks).toEqual({ onVersion: hook, afterRelease: hook });
  expect(warnings).toEqual([
    'the hook onRelease is called afterRelease since kernel API 1.2.0, and goes with 2.0.0: rename it',
  ]);
  expect(problems).toEqual([]);
});

test('a hook under both names is a problem, because one of them would be ignored', () => {
  const { problems } = renewHooks({ onRelease: hook, afterRelease: hook }, renamed);
  expect(problems).toEqual([
    { message: 'has the hook onRelease and its successor afterRelease', remedy: 'Remove onRelease.' },
  ]);
});

test('nothing is deprecated by now, and names that every object has are no deprecations', () => {
  const { hooks, warnings } = renewHooks({ onVersion: hook, toString: hook });
  expect(warnings).toEqual([]);
  expect(Object.keys(hooks)).toEqual(['onVersion', 'toString']);
});
