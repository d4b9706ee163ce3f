/**
 * `npm run bench:trainer`: tokens per second of training for every engine of this machine, in one run, on the same
 * models and batches; the share of the machine's rate of matrix products; peak memory; the jit's time by operation.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Absence, candidates } from './engines.js';
import { type Measured, measure, type Row } from './measure.js';
import { SIZES } from './sizes.js';

const HELP = `npm run bench:trainer -- [options]

  --sizes 1M,3.5M       some of ${Object.keys(SIZES).join(', ')} (default: all)
  --engines jit,wasm    only engines whose name contains one of these; jit always runs, to compare with
  --rounds 5            every engine has its turn in every round; medians over rounds are printed
  --seconds 2           about as long an engine trains in a round
  --threads N           default: all processors, ${availableParallelism()}
  --python PATH         a Python with PyTorch; default: .venv/bin/python, python3, python
  --json                one JSON object: { machine, gemmGflops, rows }
`;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: Object.keys(SIZES).join() },
    engines: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    threads: { type: 'string', default: String(availableParallelism()) },
    python: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** The value of a numeric option. */
function positive(name: 'rounds' | 'seconds' | 'threads'): number {
  const number = Number(values[name]);
  if (number > 0) return number;
  console.error(`--${name} must be a positive number, not '${values[name]}'`);
  process.exit(2);
}

const percent = (share: number) => `${Math.round(100 * share)}%`;
const millions = (params: number) => `${(params / 1e6).toPrecision(3)}M`;
const whole = (number: number) => Math.round(number).toLocaleString('en-US');

/** A Markdown table. */
function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(header), row(header.map(() => '---')), ...lines.map(row)].join('\n');
}

function show(measured: readonly Measured[]): void {
  const cells = ({ engine, params, tokensPerSecond, shareOfGemm, peakMiB, jitRatio }: Row) => [
    ...[millions(params), engine, whole(tokensPerSecond), percent(shareOfGemm)],
    ...[engine === 'jit' ? '' : `${jitRatio.toPrecision(3)}x`, whole(peakMiB)],
  ];
  const header = ['parameters', 'engine', 'tokens/s', 'share of gemm', 'jit to it', 'peak MiB'];
  console.log(
    `\n${table(
      header,
      measured.flatMap(({ rows }) => rows.map(cells)),
    )}`,
  );
  const kinds = [...new Set(measured.flatMap(({ operations }) => operations.map(({ kind }) => kind)))];
  const share = ({ operations }: Measured, kind: string): number => {
    const all = operations.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return (operations.find((operation) => operation.kind === kind)?.milliseconds ?? 0) / all;
  };
  const lines = kinds
    .filter((kind) => measured.some((one) => share(one, kind) >= 0.005))
    .map((kind) => [kind, ...measured.map((one) => `${(100 * share(one, kind)).toFixed(1)}%`)]);
  console.log("\nWhere the time of the jit's graph goes:\n");
  console.log(table(['operation', ...measured.map(({ params }) => millions(params))], lines));
  for (const { params, compile, jitStart, gemmGflops } of measured) {
    console.log(
      `${millions(params)}: graph compiled in ${compile.toFixed(2)} s, jit ready to train in ${jitStart.toFixed(1)} s, ` +
        `matrix products ${whole(gemmGflops)} GFLOP/s`,
    );
  }
}

if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const [rounds, seconds, threads] = [positive('rounds'), positive('seconds'), positive('threads')];
const sizes = values.sizes.split(',');
const unknown = sizes.filter((size) => !SIZES[size]);
if (unknown.length > 0) {
  console.error(`no such size: ${unknown.join(', ')}; there are ${Object.keys(SIZES).join(', ')}`);
  process.exit(2);
}
const { found, absent } = candidates(threads, values.python);
const wanted = values.engines.split(',').filter((part) => part !== '');
const engines = found.filter(
  ({ name }) => name === 'jit' || wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const machine = `${cpus()[0]!.model.trim()}, ${threads} threads, Node ${process.version}`;
if (!values.json) console.log(`${machine}\n`);
const missing = new Map<string, Absence>(absent.map((one) => [one.name, one]));
const measured: Measured[] = [];
for (const size of sizes) {
  const tell = (what: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${size}: ${what}`);
  };
  const one = await measure(SIZES[size]!, engines, threads, { rounds, seconds }, tell);
  measured.push(one);
  for (const { name, reason } of one.absent) missing.set(`${name} ${size}`, { name: `${name} at ${size}`, reason });
}
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
for (const { name, reason } of missing.values()) console.error(`not measured: ${name}: ${reason}`);
if (values.json) {
  const gemmGflops = Math.max(...measured.map((one) => one.gemmGflops));
  const rows = measured.flatMap((one) => one.rows.map(({ jitRatio: _, ...row }) => row));
  console.log(JSON.stringify({ machine, gemmGflops, rows }));
} else show(measured);
