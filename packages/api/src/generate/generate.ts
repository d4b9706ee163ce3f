/** Text of releases: `generate`. */
import { dirname, join } from 'node:path';
import { BranchlineError, CheckpointStore, type Digest, messageOf, type Problem } from '@branchline/core';
import { openKeptTokenizer, type Tokenizer } from '@branchline/data';
import type { Results } from '@branchline/evaluation';
import { checkRunDirectory, requireResults } from '../experiment/run-directory.js';
import { type Continuation, continueText, type TextPiece, type TextSettings } from './continue-text.js';
import { type FoundRelease, findRelease, notStored } from './find-release.js';
import { type TextOptions, textSettings } from './settings.js';
import { makeTextTrainer, type TextTrainer, type TextTrainerChoice } from './text-trainer.js';

/** Options of `generate`. */
export interface GenerateOptions extends TextOptions, TextTrainerChoice {
  /** The text to continue. Default: none; the releases begin a document. */
  readonly prompt?: string;
  /** Names of strategies. Default: all of the run. */
  readonly strategies?: readonly string[];
  /** Versions of each, by name or by number from 1; `all`. Default: the last. */
  readonly versions?: readonly (string | number)[] | 'all';
  /** Seed that the releases were trained under. Default: the first of the run. */
  readonly modelSeed?: number;
  /** Aborting stops after the current token with a BranchlineError (`interrupted`). */
  readonly signal?: AbortSignal;
}

/** A release whose text follows. */
export interface TextRelease {
  readonly strategy: string;
  /** Number of the version, from 1, and its name. */
  readonly version: number;
  readonly versionName: string;
  readonly modelSeed: number;
  readonly checkpoint: Digest;
}

/** What `generate` yields: for each release, the release, then pieces of its text, then the whole. */
export type GenerateEvent =
  | { readonly type: 'release'; readonly release: TextRelease }
  | TextPiece
  | ({ readonly type: 'end'; readonly release: TextRelease } & Continuation);

/**
 * Continues a text with releases of a run, one after the other, each from the same random numbers. Reads the run
 * directory only, also while a run trains there. The same releases, prompt and settings give the same text on a trainer
 * that is deterministic.
 *
 * Throws a BranchlineError: `config` with all problems of the options; `store` or `damaged` for releases that are not
 * stored, and for a run without results; `trainer` for a model that cannot be loaded or that diverged; `interrupted`
 * for an aborted signal.
 */
export async function* generate(run: string, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void> {
  const { prompt = '', signal } = options;
  const problems: Problem[] = [];
  const settings = textSettings(options, problems);
  if (problems.length > 0) throw new BranchlineError('config', problems);
  await checkRunDirectory(run);
  const results = await requireResults(run);
  const releases = chosen(results, options);
  const { store } = await CheckpointStore.look(join(run, 'checkpoints'));
  const gone = releases.filter(({ release }) => !store.has(release.checkpoint));
  if (gone.length > 0) {
    throw new BranchlineError(
      'store',
      gone.flatMap((release) => notStored(run, release, results).problems),
    );
  }
  const trainer = await makeTextTrainer(run, results, options);
  try {
    const tokenizer = await openKeptTokenizer(results.data.tokenizer!, join(dirname(run), '.data'));
    const { context } = results.model;
    const task = { context, tokenizer, tokens: await encode(prompt, tokenizer), settings, signal };
    for (const found of releases) {
      const release = describe(results, found);
      yield { type: 'release', release };
      const end = yield* textOf(store, trainer, release, task);
      yield { type: 'end', release, ...end };
    }
  } finally {
    await trainer.dispose();
  }
}

/** Every wanted version of every wanted strategy. Throws one error with all that there is not. */
function chosen(results: Results, { strategies, versions, modelSeed: seed }: GenerateOptions): readonly FoundRelease[] {
  const names = strategies ?? [...new Set(results.strategies.map(({ name }) => name))];
  const problems: Problem[] = [];
  const found: FoundRelease[] = [];
  let code: BranchlineError['code'] = 'config';
  const add = (strategy: string, version: string | number | undefined) => {
    try {
      found.push(findRelease(results, { strategy, version, seed }));
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      code = error.code;
      problems.push(...error.problems);
    }
  };
  for (const strategy of names) {
    const own = results.strategies.find(({ name }) => name === strategy);
    const all = own?.releases.map(({ version }) => version) ?? [];
    const wanted =
      versions === 'all' && all.length > 0 ? all : versions === 'all' ? [undefined] : (versions ?? [undefined]);
    // An unknown strategy is one problem, not one for each version.
    for (const version of own === undefined ? wanted.slice(0, 1) : wanted) add(strategy, version);
  }
  if (problems.length > 0) throw new BranchlineError(code, problems);
  return found;
}

function describe({ data }: Results, { strategy, release }: FoundRelease): TextRelease {
  const { version, seed, checkpoint } = release;
  const name = data.versions.find(({ index }) => index === version)?.name ?? String(version);
  return { strategy: strategy.name, version, versionName: name, modelSeed: seed, checkpoint };
}

async function encode(prompt: string, tokenizer: Tokenizer): Promise<readonly number[]> {
  try {
    return Array.from((await tokenizer.encode([Buffer.from(prompt)]))[0]!);
  } catch (cause) {
    const message = `the tokenizer of the run cannot encode the prompt: ${messageOf(cause)}`;
    throw new BranchlineError('config', { message, remedy: 'Choose another prompt.' }, { cause });
  }
}

/** How the texts of all releases begin, and how they are continued. */
interface Task {
  readonly context: number;
  readonly tokenizer: Tokenizer;
  /** Of the prompt. */
  readonly tokens: readonly number[];
  readonly settings: TextSettings;
  readonly signal: AbortSignal | undefined;
}

async function* textOf(
  store: CheckpointStore,
  trainer: TextTrainer,
  { strategy, version, checkpoint }: TextRelease,
  { context, tokenizer, tokens, settings, signal }: Task,
): AsyncGenerator<TextPiece, Continuation> {
  try {
    const state = await trainer.restore(await store.open(checkpoint, ['weights']), { optimizer: false });
    try {
      return yield* continueText({ context, tokenizer, decode: () => trainer.decode(state) }, tokens, settings, signal);
    } finally {
      state.dispose();
    }
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { strategy, version, message: messageOf(cause) }, { cause });
  }
}
