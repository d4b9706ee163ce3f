/**
 * Many small runs, trained together in a stack and one after the other, as a ratio in one run: `npm run bench:stack`.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parameterCount } from '@branchline/model';
import { torch } from '../src/define.ts';
import type { TorchState } from '../src/state.ts';
import type { TorchTrainer } from '../src/trainer.ts';
import { type Contender, contextOf, modelOf, secondsOf, takeSteps } from './contenders.ts';
import { describeMachine, usesProcessorTime } from './machine.ts';
import { median, ratioOf, takeTurns } from './turns.ts';

const USAGE = `npm run bench:stack -- [options]
  --stack N        runs; default: 8
  --threads N      threads of both; default: all
  --device NAME    cpu, cuda or auto; default: auto
  --precision P    float32 or bfloat16; default: float32
  --sizes LIST     of 0.03M, 0.1M, 0.4M, 1M, 3.5M, 10M; default: 0.03M,0.1M,0.4M,1M
  --shapes LIST    sequences x tokens of a step; default: 4x32,16x128
  --rounds N       turns of each; default: 7
  --seconds N      length of a turn; default: 1
  --time T         wall; or processor: that of the process, for busy machines, with --threads 1; default: wall`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    stack: { type: 'string', default: '8' },
    threads: { type: 'string', default: String(availableParallelism()) },
    device: { type: 'string', default: 'auto' },
    precision: { type: 'string', default: 'float32' },
    sizes: { type: 'string', default: '0.03M,0.1M,0.4M,1M' },
    shapes: { type: 'string', default: '4x32,16x128' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    time: { type: 'string', default: 'wall' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const [stack, threads] = [Number(values.stack), Number(values.threads)];
const effort = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  processorTime: usesProcessorTime(values.time, threads),
};
const options = { threads, device: values.device as 'auto', precision: values.precision as 'float32' };

/** Runs with the trainer of each; `run` takes steps of all of them. */
async function contender(
  name: string,
  trainers: readonly TorchTrainer[],
  run: (each: (run: number) => Promise<void>) => Promise<unknown>,
  batch: number,
): Promise<Contender> {
  const states: TorchState[] = [];
  for (let at = 0; at < stack; at++) states.push(await trainers[at % trainers.length]!.initialize(at));
  return {
    name,
    pid: await trainers[0]!.workerId(),
    run: (steps) => secondsOf(() => run((at) => takeSteps(trainers[at % trainers.length]!, states[at]!, steps, batch))),
    async stop() {
      for (const state of states) state.dispose();
      for (const trainer of trainers) await trainer.dispose();
    },
  };
}

const runs = Array.from({ length: stack }, (_, at) => at);
console.log(
  `${describeMachine(threads)}; ${stack} runs, ${values.rounds} turns of ${values.seconds} s (${values.time} time)`,
);
console.log(
  '\n| parameters | batch | one after the other, tokens/s | stacked, tokens/s | ratio | smallest | largest |',
);
console.log('|---|---|---|---|---|---|---|');
for (const shape of values.shapes.split(',')) {
  const [batch, tokens] = shape.split('x').map(Number) as [number, number];
  for (const size of values.sizes.split(',')) {
    const spec = modelOf(size, tokens);
    const context = contextOf(spec);
    const alone = [await torch(options).create(context)];
    const lanes: TorchTrainer[] = [];
    for (const index of runs) {
      lanes.push(await torch({ ...options, stack }).create({ ...context, lane: { index, count: stack } }));
    }
    const inTurn = async (each: (run: number) => Promise<void>) => {
      for (const at of runs) await each(at);
    };
    const contenders = [
      await contender('alone', alone, inTurn, batch),
      await contender('stacked', lanes, (each) => Promise.all(runs.map(each)), batch),
    ];
    const rates = await takeTurns(contenders, effort);
    const speed = (name: string) => Math.round(median(rates.get(name)!) * stack * batch * tokens);
    const { ratio, least, most } = ratioOf(rates, 'stacked', 'alone');
    console.log(
      `| ${(parameterCount(spec) / 1e6).toPrecision(2)}M | ${shape.replace('x', ' x ')} | ${speed('alone')} | ` +
        `${speed('stacked')} | ${ratio.toFixed(2)} | ${least.toFixed(2)} | ${most.toFixed(2)} |`,
    );
  }
}
