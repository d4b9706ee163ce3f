import { expect, it } from 'vitest';
import { olmoCoreOptions } from './options.js';

const problems = (value: object) =>
  (olmoCoreOptions.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

it('takes OLMo-core’s names of what is divided', () => {
  const options = { processes: 16, trainModule: { tp_config: { degree: 8 }, dp_config: { name: 'hsdp' } } };
  expect(problems(options)).toEqual([]);
  expect(olmoCoreOptions.parse({})).toMatchObject({ processes: 1, precision: 'float32', timeout: 900 });
});

it('reports everything that is not the user’s, unknown or does not fit, each at its place', () => {
  const found = problems({ stack: 2, trainModule: { optim: {}, tp_cfg: {}, tp_config: { degree: 3 } }, processes: 4 });
  expect(found).toEqual([
    expect.stringContaining("trainModule.optim: optim of OLMo-core is Branchline's: set optimizer"),
    expect.stringContaining("trainModule.tp_cfg: tp_cfg is no option of OLMo-core's"),
    expect.stringContaining('stack'),
    expect.stringMatching(/^processes: 4 processes cannot be divided/),
  ]);
  expect(problems({ processes: 4, trainModule: { tp_config: { degree: 3 } } })).toEqual([
    'processes: 4 processes cannot be divided by tp_config 3: set a multiple of 3',
  ]);
});
