/** Type tests of the plugin API. `npm run typecheck` checks this file; it is never run. */
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  definePlugin,
  type ForkContext,
  type ForkPart,
  linear,
  type PluginUse,
  type VersionContext,
  type VersionPart,
} from '../src/index.js';

const about = { name: 'typed' } as const;

test('options are typed by their schema: input for users, output for hooks', () => {
  const options = z.strictObject({ share: z.number().default(0.5), mode: z.enum(['fast', 'slow']).optional() });
  const plugin = definePlugin({
    ...about,
    options,
    onVersion: ({ options: given }) => {
      expectTypeOf(given).toEqualTypeOf<{ share: number; mode?: 'fast' | 'slow' | undefined }>();
      return {};
    },
  });
  expectTypeOf(plugin).toBeCallableWith();
  expectTypeOf(plugin).toBeCallableWith({ share: 0.1, mode: 'fast' });
  expectTypeOf(plugin({})).toEqualTypeOf<PluginUse>();
  // @ts-expect-error a value that the schema refuses
  plugin({ mode: 'medium' });
  // @ts-expect-error an option that the schema does not have
  plugin({ shares: 0.1 });
});

test('a plugin without options takes none', () => {
  const plugin = definePlugin(about);
  plugin();
  // @ts-expect-error it has no options
  plugin({ share: 0.1 });
});

test('a definition needs a name', () => {
  // @ts-expect-error no name
  definePlugin({ onVersion: () => ({}) });
});

test('contexts are typed without an annotation', () => {
  definePlugin({
    ...about,
    onFork: (context) => {
      expectTypeOf(context.spec).toEqualTypeOf<ForkContext['spec']>();
      return { at: 1, steps: 2, lr: { schedule: linear() } };
    },
  });
});

test('hooks return parts of specs with correctly typed values', () => {
  // @ts-expect-error steps is a number
  definePlugin({ ...about, onVersion: () => ({ steps: '10' }) });
  // @ts-expect-error there is no such start
  definePlugin({ ...about, onVersion: () => ({ start: { from: 'nowhere' } }) });
  // @ts-expect-error a mixture has a share of replay
  const part: VersionPart = { data: { use: 'mixture' } };
  // @ts-expect-error parts are not changed after they are made
  part.steps = 1;
  // @ts-expect-error a misspelt field of an annotated part
  const misspelt: ForkPart = { stepz: 3 };
  // @ts-expect-error contexts are read-only
  const write = ({ version }: VersionContext) => (version.index = 2);
  return [misspelt, write];
});
