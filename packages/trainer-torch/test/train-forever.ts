/** A process that trains without end, after it has printed the id of its worker. The argument: how many processes. */
import { create, steps, train } from './fixtures.ts';

const trainer = await create({ processes: Number(process.argv[2] ?? 1) });
const state = await trainer.initialize(1);
process.stdout.write(`${await trainer.workerId()}\n`);
for (;;) await train(trainer, state, steps(100, 16));
