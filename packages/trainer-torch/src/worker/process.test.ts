/** The time limit of requests, with a process that speaks frames as a worker does. Needs no PyTorch. */
import { afterEach, expect, it } from 'vitest';
import { WorkerProcess } from './process.js';

/** Answers each request after 300 ms for every 1 in `params.pieces`, in turn, with a beat in between. */
const WORKER = `
const frame = (message) => {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([head, body]));
};
let rest = Buffer.alloc(0);
let turn = Promise.resolve();
const work = async ({ id, params }) => {
  for (let piece = 0; piece < params.pieces; piece++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (params.beats) frame({ id: 1, beat: true });
  }
  frame({ id, result: params.pieces });
};
process.stdin.on('data', (piece) => {
  rest = Buffer.concat([rest, piece]);
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
    const end = 4 + rest.readUInt32LE(0);
    const message = JSON.parse(rest.subarray(4, end));
    rest = rest.subarray(end);
    turn = turn.then(() => work(message));
  }
});
`;

let worker: WorkerProcess | undefined;
afterEach(() => worker?.kill());

const start = () => {
  worker = new WorkerProcess({ program: process.execPath, args: ['-e', WORKER], cwd: '.', env: process.env });
  return worker;
};

it('does not run out while the worker gives signs, also for requests that wait for others', async () => {
  const own = start();
  await own.call('hello', { pieces: 0 }, 30);
  const pieces = [8, 8, 1];
  expect(await Promise.all(pieces.map((count) => own.call('work', { pieces: count, beats: true }, 2)))).toEqual(pieces);
}, 20_000);

it('runs out when the worker gives none', async () => {
  const own = start();
  await own.call('hello', { pieces: 0 }, 30);
  const calls = [own.call('work', { pieces: 30 }, 1), own.call('wait', { pieces: 1 }, 1)];
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ status: 'rejected', reason: { kind: 'dead' } });
  }
}, 20_000);
