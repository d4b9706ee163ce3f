/** `generate`: reads the arguments, calls the API and prints the text as it comes. */
import { resolve } from 'node:path';
import { type Continuation, type GenerateOptions, generate, type TextRelease } from '@branchline/api';
import { checkRunDirectory, requireResults } from '@branchline/api/internal';
import { BranchlineError } from '@branchline/core';
import { LOADING } from '../experiment/module-guard.js';
import { plural } from '../ui/format.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { printable } from '../ui/printable.js';
import { styleFor } from '../ui/style.js';
import { versionLabelOf } from '../ui/version-label.js';

/** Arguments of `generate`. */
export interface GenerateArguments {
  readonly run: string;
  readonly strategy?: string;
  /** Name or number of a version. */
  readonly release?: string;
  readonly prompt?: string;
  readonly only?: readonly string[];
  readonly all: boolean;
  /** Joined by commas, or `all`. */
  readonly versions?: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed: number;
  readonly modelSeed?: number;
  readonly trainer?: string;
  readonly json: boolean;
}

/** Prints the text of releases. */
export async function showText(args: GenerateArguments): Promise<void> {
  const { run, json, modelSeed, trainer } = args;
  const chosen = await releasesOf(args);
  const prompt = args.prompt ?? (await standardInput());
  const { tokens, temperature, topK, topP, stop = [], seed } = args;
  const settings = { tokens, temperature, topK, topP, stop: stop.map(unescaped), seed };
  const { signal, stop: removeHandlers } = listenForInterrupt(() => undefined);
  const view = json ? undefined : new TextView(prompt);
  const texts: (TextRelease & Continuation)[] = [];
  try {
    const options: GenerateOptions = {
      ...chosen,
      ...settings,
      prompt,
      modelSeed,
      ...(trainer !== undefined && { trainer: /^\.{1,2}[/\\]/.test(trainer) ? resolve(trainer) : trainer }),
      loading: LOADING,
      signal,
    };
    for await (const event of generate(run, options)) {
      if (event.type === 'release') view?.begin(event.release);
      else if (event.type === 'text') view?.write(event.text);
      else {
        const { type: _type, release, ...continuation } = event;
        texts.push({ ...release, ...continuation });
        view?.end(continuation);
      }
    }
  } catch (error) {
    view?.breakOff();
    throw error;
  } finally {
    removeHandlers();
  }
  if (json) process.stdout.write(`${printable(JSON.stringify({ run, prompt, ...settings, texts }, null, 2))}\n`);
}

/** Which releases are wanted. Throws if none is named. */
async function releasesOf(args: GenerateArguments): Promise<Pick<GenerateOptions, 'strategies' | 'versions'>> {
  const { run, strategy, release, only = [], all, versions } = args;
  const problems = [
    ...(release !== undefined && versions !== undefined
      ? [{ message: 'a release and --versions are both given', remedy: 'Leave one of them out.' }]
      : []),
    ...(all && (strategy !== undefined || only.length > 0)
      ? [{ message: '--all and a strategy are both given', remedy: 'Leave one of them out.' }]
      : []),
  ];
  if (problems.length > 0) throw new BranchlineError('config', problems);
  const named = [...(strategy === undefined ? [] : [strategy]), ...only];
  if (named.length === 0 && !all) {
    await checkRunDirectory(run);
    const { strategies } = await requireResults(run);
    const names = [...new Set(strategies.map(({ name }) => name))].map((name) => `"${name}"`);
    const remedy = `Name one of ${names.join(', ')}, or give --all.`;
    throw new BranchlineError('config', { message: 'no strategy is named', remedy });
  }
  const list = versions?.split(',').map((version) => version.trim());
  return {
    ...(!all && { strategies: named }),
    ...(list !== undefined && { versions: versions?.trim() === 'all' ? 'all' : list }),
    ...(release !== undefined && { versions: [release] }),
  };
}

/** Standard input without its last line end; empty if it is a terminal. */
async function standardInput(): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '');
}

const ENDINGS: Readonly<Record<Continuation['ending'], string>> = {
  tokens: 'more with --tokens',
  'end of document': 'end of document',
  stop: 'stop',
};

/** Writes texts as they come. */
class TextView {
  readonly #style = styleFor(process.stdout);
  #isOpen = false;

  constructor(private readonly prompt: string) {}

  begin({ strategy, version, versionName }: TextRelease): void {
    const head = `${printable(strategy)}, ${versionLabelOf(version, versionName)}`;
    process.stdout.write(`${this.#style.bold(head)}\n${this.#style.dim(escaped(this.prompt))}`);
    this.#isOpen = true;
  }

  write(text: string): void {
    process.stdout.write(escaped(text));
  }

  end({ tokens, ending }: Continuation): void {
    this.breakOff();
    process.stdout.write(`${this.#style.dim(`[${plural(tokens.length, 'token')}: ${ENDINGS[ending]}]`)}\n\n`);
  }

  /** Ends the line of a text. */
  breakOff(): void {
    if (this.#isOpen) process.stdout.write('\n');
    this.#isOpen = false;
  }
}

/** Quotes of a shell keep backslashes: `'\\n'` means a line end too. */
function unescaped(stop: string): string {
  return stop.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}

/** Tabs are common in code, and harmless. */
function escaped(text: string): string {
  return text.split('\t').map(printable).join('\t');
}
