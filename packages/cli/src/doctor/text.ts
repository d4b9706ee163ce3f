import { short } from '../ui/format.js';
import { printableAll } from '../ui/printable.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';
import type { EngineFinding } from './engines.js';
import type { Found } from './gpus.js';
import type { Measurement } from './measure.js';
import type { Report } from './report.js';
import type { TorchFinding } from './torch.js';

/** The report as text. */
export function reportText(found: Report, style: Style): string {
  const report = printableAll(found);
  return [
    `${style.bold('machine')}\n${machineText(report)}`,
    `${style.bold('packages')}\n${packagesText(report, style)}`,
    `${style.bold('engines of the embedded trainer')}, in the order in which auto tries them\n${enginesText(report.engines, style)}`,
    autoText(report, style),
    `${style.bold('trainers with a Python worker')}\n${[
      torchText('torch', report.torch, style),
      torchText('olmo-core', report.olmoCore, style),
    ].join('\n')}`,
    ...(report.missing.length > 0 ? [missingText(report, style)] : []),
    ...(report.measured === null ? [] : [measuredText(report.measured, style)]),
  ].join('\n\n');
}

const lines = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`.trimEnd()).join('\n');

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

const listOr = <T>({ found, silence }: Found<T>, show: (one: T) => string): string =>
  found.length > 0 ? found.map(show).join('; ') : `none seen: ${silence}`;

function machineText({ branchline, machine, gpus, vulkan }: Report): string {
  const { platform, processor, instructionSet, threads, memoryBytes, freeMemoryBytes, node } = machine;
  const gpuText = listOr(gpus, ({ name, memoryBytes: memory, driver }) =>
    [name, memory !== null && gibibytes(memory), driver !== null && `driver ${driver}`].filter(Boolean).join(', '),
  );
  return lines([
    ['processor', `${processor}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`],
    ['', instructionSet],
    ['memory', `${gibibytes(memoryBytes)}, ${gibibytes(freeMemoryBytes)} of it free`],
    ['GPU', gpuText],
    ['Vulkan', listOr(vulkan, ({ name, software }) => `${name}${software ? ' (software, no GPU)' : ''}`)],
    ['system', `${platform}, Node ${node}, Branchline ${branchline}`],
  ]);
}

function packagesText({ packages, onnxRuntimeProviders: providers, python }: Report, style: Style): string {
  const rows = packages.map(({ name, version, use, optional }) => [
    name,
    version ?? (optional ? style.dim('not installed') : style.red('not installed')),
    use,
  ]);
  const { bundled, others, silence } = providers;
  rows.push([
    'providers of ONNX Runtime',
    '',
    silence ?? `${bundled.join(', ')}; with libraries of their own: ${others.join(', ') || 'none'}`,
  ]);
  const libraries = Object.entries(python?.libraries ?? {}).map(
    ([name, version]) => `${name} ${version ?? 'not installed'}`,
  );
  rows.push(
    python === null ? ['python', style.dim('not on PATH'), ''] : [python.program, python.version, libraries.join(', ')],
  );
  return table(['package', 'version', ''], rows, style, [], [2]);
}

function enginesText(engines: readonly EngineFinding[], style: Style): string {
  const width = Math.max(...engines.map(({ name }) => name.length));
  const lines = engines.map(({ name, works, auto, description, passedOver, refusal }) => {
    const state = works ? style.green('works') : style.yellow('refused');
    const reason = passedOver === null || !works ? '' : style.dim(`, not taken by auto: ${passedOver}`);
    const about = style.dim(`      ${refusal ?? description}`);
    return `  ${name.padEnd(width)}  ${state}${auto ? ', taken by auto' : reason}\n${about}`;
  });
  return lines.join('\n');
}

function torchText(name: string, { works, description, device, refusal }: TorchFinding, style: Style): string {
  const about = style.dim(`      ${refusal ?? `${description}, ${device}`}`);
  return `  trainer: ${name}  ${works ? style.green('works') : style.yellow('refused')}\n${about}`;
}

function autoText({ auto, engines }: Report, style: Style): string {
  if (auto === null) return style.red('No engine works here; nothing can be trained.');
  const { works, options } = engines.find((one) => one.auto)!;
  const line = `${style.bold('auto')} takes ${style.bold(auto.engine)}: ${auto.why}`;
  if (!works) return `${line}\n  ${style.red('but it cannot train; name another engine in the experiment file')}`;
  return `${line}\n  to fix this choice: trainer: tfjs(${showOptions(options)})`;
}

/** As TypeScript source. */
function showOptions(options: EngineFinding['options']): string {
  return `{ ${Object.entries(options)
    .map(([key, value]) => `${key}: '${value}'`)
    .join(', ')} }`;
}

function missingText({ missing }: Report, style: Style): string {
  const rows = missing.map(({ what, remedy }) => [what, remedy]);
  return table(['missing', 'what adds it'], rows, style, [], [0, 1]);
}

function measuredText(measured: Measurement, style: Style): string {
  const { parameters, tokensPerStep, rounds, speeds, left, warning } = measured;
  const times = (value: number | null) =>
    value === null ? '' : `${value < 10 ? Number(value.toPrecision(2)) : Math.round(value)}x`;
  const rows = speeds.map(({ name, tokensPerSecond, ofSlowest, ofAuto }) => [
    name,
    short(tokensPerSecond),
    times(ofSlowest),
    times(ofAuto),
  ]);
  const about = `${short(parameters)} parameters, ${tokensPerStep} tokens a step, median of ${rounds} rounds taken in turns`;
  return [
    `${style.bold('training speed')}, ${about}`,
    table(['engine', 'tokens/s', 'of the slowest', "of auto's"], rows, style, [1, 2, 3]),
    ...left.map(({ name, reason }) => `  ${name} was left out: ${reason}`),
    ...(warning === null ? [] : [`${style.yellow('warning:')} ${warning}`]),
  ].join('\n');
}
