/**
 * Speed of the torch trainer, against loops of PyTorch without Branchline and against the embedded trainer, as ratios
 * in one run: `npm run bench:torch`. All train the same model; they take turns, on as many threads.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parameterCount } from '@branchline/model';
import { tfjs } from '@branchline/trainer-tfjs';
import { torch } from '../src/define.ts';
import { type Contender, contextOf, loopContender, modelOf, trainerContender } from './contenders.ts';
import { describeMachine, productRates, ratesTable, usesProcessorTime } from './machine.ts';
import { median, ratioOf, takeTurns } from './turns.ts';

const USAGE = `npm run bench:torch -- [options]
  --threads N      threads of every contender; default: all
  --sizes LIST     of 0.1M, 0.4M, 1M, 3.5M, 10M; default: 1M,3.5M,10M
  --rounds N       turns of each; default: 9
  --seconds N      length of a turn; default: 1. Short turns meet the same load where other processes run
  --time T         wall; or processor: that of the process, for busy machines, with --threads 1; default: wall`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '1' },
    time: { type: 'string', default: 'wall' },
    sizes: { type: 'string', default: '1M,3.5M,10M' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const [threads, rounds, seconds] = [Number(values.threads), Number(values.rounds), Number(values.seconds)];
const processorTime = usesProcessorTime(values.time, threads);
const shape = { batch: 16, context: 128 };

const TRAINER = 'torch trainer';
const TRAINER_16 = 'torch trainer, bfloat16';
const BARE = 'bare loop';
const BARE_16 = 'bare loop, bfloat16';
const PLAIN = 'plain eager loop';
const ONE_DNN = 'bare loop, linear layers by oneDNN';
const JIT = 'embedded trainer (jit)';

/** How much faster than PyTorch with the same matrix library the jit should be. */
const JIT_TARGETS = new Map([
  ['1M', 1.3],
  ['3.5M', 1.3],
  ['10M', 1.15],
]);

/** Which ratios are printed, and their targets, which can depend on the size. */
const PAIRS: readonly (readonly [one: string, other: string, target?: (size: string) => number | undefined])[] = [
  [TRAINER, BARE, () => 0.99],
  [TRAINER, PLAIN, () => 1.15],
  [TRAINER_16, BARE_16, () => 0.99],
  [TRAINER_16, JIT, (size) => (['3.5M', '10M'].includes(size) ? 1 : undefined)],
  [JIT, TRAINER],
  [JIT, ONE_DNN, (size) => JIT_TARGETS.get(size)],
];

console.log(describeMachine(threads));
console.log(`\n${ratesTable(await productRates(threads))}`);
console.log(
  `\nBatches of ${shape.batch} x ${shape.context} tokens; ${rounds} turns of ${seconds} s (${values.time} time).`,
);
for (const size of values.sizes.split(',')) {
  const spec = modelOf(size, shape.context);
  const context = contextOf(spec);
  const own = async (name: string, precision: 'float32' | 'bfloat16') => {
    const trainer = await torch({ threads, precision, device: 'cpu' }).create(context);
    return trainerContender(name, trainer, shape, await trainer.workerId());
  };
  const contenders: Contender[] = [
    await own(TRAINER, 'float32'),
    loopContender(BARE, spec, shape, threads, {}),
    loopContender(PLAIN, spec, shape, threads, { plain: true }),
    loopContender(ONE_DNN, spec, shape, threads, { oneDnn: true }),
    await own(TRAINER_16, 'bfloat16'),
    loopContender(BARE_16, spec, shape, threads, { precision: 'bfloat16' }),
    await trainerContender(JIT, await tfjs({ engine: 'jit', threads }).create(context), shape, process.pid),
  ];
  const rates = await takeTurns(contenders, { rounds, seconds, processorTime });
  console.log(`\n${(parameterCount(spec) / 1e6).toPrecision(3)}M parameters\n\n| contender | tokens/s |\n|---|---|`);
  const tokens = shape.batch * shape.context;
  for (const [name, own] of rates) console.log(`| ${name} | ${Math.round(tokens * median(own))} |`);
  console.log('\n| ratio | median | smallest | largest | target |\n|---|---|---|---|---|');
  for (const [one, other, target] of PAIRS) {
    const { ratio, least, most } = ratioOf(rates, one, other);
    const wanted = target?.(size) ?? '';
    console.log(`| ${one} to ${other} | ${ratio.toFixed(2)} | ${least.toFixed(2)} | ${most.toFixed(2)} | ${wanted} |`);
  }
}
