/** Performs a case: applies its actions to a workspace, runs the same command again, and collects the evidence. */
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Results } from '@branchline/evaluation';
import { type Damage, damageFile } from './damage.ts';
import { fillDisk, mountDisk, unmountDisk } from './disk.ts';
import { CACHE, COMMAND, EXPERIMENT, RUN, TEXTS, UPDATE, VERIFY } from './experiment.ts';
import { compareGrowth, compareKept } from './growth.ts';
import type { Injection } from './injection.ts';
import { judge, type Observed, type Verdict } from './judge.ts';
import { type Action, type CasePlan, describeCase } from './plan.ts';
import { type Ended, runCommand, type Started, startCommand } from './process.ts';
import type { Reference } from './reference.ts';
import { compareReleases, compareRuns, readFinished } from './verify.ts';

/** Maximum number of times that the same command is run again until it finishes. */
const TRIES = 3;
/** A log that is kept in the folder of a lost case. */
const PROTOCOL = 'what-happened.txt';

/** Performs a case in a new folder. */
export async function performCase(plan: CasePlan, reference: Reference, workspace: string): Promise<Verdict> {
  await mkdir(workspace, { recursive: true });
  const smallDisk = plan.actions.some((action) => action.do === 'fill');
  if (smallDisk) mountDisk(workspace);
  try {
    await fillWorkspace(plan, reference, workspace);
    const verdict = await new Case(plan, reference, workspace).perform();
    // Copied, because the small disk disappears with the process and the files of a lost case should be inspectable.
    if (smallDisk) await cp(workspace, `${workspace}-copy`, { recursive: true });
    return verdict;
  } finally {
    if (smallDisk) {
      unmountDisk(workspace);
      await rename(`${workspace}-copy`, workspace).catch(() => undefined);
    }
  }
}

async function fillWorkspace({ begin }: CasePlan, reference: Reference, workspace: string): Promise<void> {
  const { directory, earlier } = reference;
  const copy = async (from: string, parts: readonly string[]) => {
    for (const part of parts) await cp(join(from, part), join(workspace, part), { recursive: true });
  };
  await copy(directory, [EXPERIMENT, TEXTS]);
  if (begin === 'earlier') await copy(earlier.directory, [CACHE, RUN]);
  else await copy(directory, { nothing: [], text: [CACHE], run: [CACHE, RUN] }[begin]);
}

class Case {
  readonly #processes: Observed[] = [];
  readonly #problems: string[] = [];
  #damage: Damage | undefined;
  #completed: readonly string[] | undefined;
  /** Whether a version has arrived since the complete run. */
  readonly #grows: boolean;
  readonly #command: readonly string[];

  constructor(
    private readonly plan: CasePlan,
    private readonly reference: Reference,
    private readonly workspace: string,
  ) {
    this.#grows = plan.begin === 'earlier';
    this.#command = this.#grows ? UPDATE : COMMAND;
  }

  async perform(): Promise<Verdict> {
    for (const action of this.plan.actions) {
      await this.#act(action);
      if (this.#grows) await this.#seeWhatIsKept();
    }
    await this.#goOn();
    let { run, problems } = await readFinished(this.workspace);
    let differences = run && compareRuns(this.reference.run, run);
    if (this.#damage !== undefined && differences !== undefined && differences.unread.length > 0) {
      // A complete run does not read releases again. `store verify` does, and then the same command makes them again.
      this.#processes.push({ role: 'verify', ended: await runCommand(this.workspace, undefined, VERIFY) });
      await this.#goOn();
      ({ run, problems } = await readFinished(this.workspace));
      differences = run && compareRuns(this.reference.run, run);
    }
    const { earlier, run: undisturbed } = this.reference;
    if (this.#grows && run !== undefined) this.#problems.push(...compareGrowth(earlier.run, undisturbed, run));
    await writeFile(join(this.workspace, PROTOCOL), this.#protocol());
    return judge({
      plan: this.plan,
      processes: this.#processes,
      damage: this.#damage,
      completed: this.#completed,
      strategies: [...new Set(this.reference.run.results.strategies.map(({ name }) => name))],
      problems: [...this.#problems, ...problems],
      differences,
      ...(this.#grows && { missingSteps: undisturbed.sums.steps - earlier.run.sums.steps }),
    });
  }

  /** Starts the command of the case. An update counts its steps. */
  #start(injection: Injection | undefined = this.#grows ? { kind: 'count' } : undefined): Started {
    return startCommand(this.workspace, injection, this.#command);
  }

  #run(injection?: Injection): Promise<Ended> {
    return this.#start(injection).ended;
  }

  /** Runs the same command again until it finishes. */
  async #goOn(): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const ended = await this.#run();
      this.#processes.push({ role: 'again', ended });
      if (ended.code === 0) return;
    }
  }

  /** Log for debugging a lost case: the actions, and the output and end of every process. */
  #protocol(): string {
    const processes = this.#processes.map(({ role, ended: { code, signal, report, output } }) => {
      const hit = report === undefined || report.hit.length === 0 ? '' : `, hit at: ${report.hit.join(', ')}`;
      return `--- ${role}, ended with ${signal ?? code}${hit}\n${output}`;
    });
    const damage = this.#damage && `--- damaged: runs/${this.#damage.file}, ${this.#damage.what}\n`;
    return [describeCase(this.plan), damage, ...processes].filter((part) => part !== undefined).join('\n');
  }

  async #act(action: Action): Promise<void> {
    const { workspace } = this;
    const { preparationBytes, runBytes, growth, ...lengths } = this.reference.lengths;
    const { milliseconds } = this.#grows ? growth : lengths;
    switch (action.do) {
      case 'run': {
        const { injection } = action;
        const ended = await this.#run(injection);
        this.#processes.push({
          role: 'disturbed',
          ended,
          sent: injection.kind === 'signal' ? injection.signal : undefined,
          diskFailed: injection.kind === 'failure',
        });
        if (injection.kind === 'nan') await this.#seeWhoCompleted();
        return;
      }
      case 'signal': {
        const { child, ended } = this.#start();
        await Promise.race([setTimeout(action.after * milliseconds, undefined, { ref: false }), ended]);
        child.kill(action.signal);
        this.#processes.push({ role: 'disturbed', ended: await ended, sent: action.signal });
        return;
      }
      case 'fill': {
        const needed = this.#grows ? growth.bytes : runBytes + (this.plan.begin === 'nothing' ? preparationBytes : 0);
        const makeRoom = await fillDisk(workspace, action.free * needed);
        // Steps are not counted: there is no room for the report.
        const ended = await runCommand(workspace, undefined, this.#command);
        this.#processes.push({ role: 'disturbed', ended, diskFailed: true });
        await makeRoom();
        return;
      }
      case 'damage':
        this.#damage = await damageFile(workspace, action);
        return;
      case 'race': {
        const first = this.#start();
        await Promise.race([setTimeout(action.after * milliseconds, undefined, { ref: false }), first.ended]);
        const second = this.#start();
        this.#processes.push({ role: 'second', ended: await second.ended });
        this.#processes.push({ role: 'disturbed', ended: await first.ended });
        return;
      }
      case 'overtake': {
        const first = this.#start({ kind: 'signal', signal: 'SIGSTOP', at: [action.at], half: false });
        await first.untilHit();
        this.#processes.push({ role: 'second', ended: await this.#run() });
        first.child.kill('SIGCONT');
        this.#processes.push({ role: 'disturbed', ended: await first.ended });
        return;
      }
      case 'hosts': {
        // A process that continues within a write, after a lease without its signs, is safe only with shared locks.
        const sharedLocks = action.first === 'suspended';
        const signal = ({ killed: 'SIGKILL', suspended: 'SIGSTOP', running: undefined } as const)[action.first];
        const first = this.#start({
          ...{ kind: 'machine', name: 'node-a', skew: 0, sharedLocks },
          ...(signal && { at: action.at, signal }),
        });
        if (signal !== undefined) await first.untilHit();
        if (signal === 'SIGKILL') await first.ended;
        const other = { kind: 'machine', name: 'node-b', skew: action.skew, sharedLocks } as const;
        this.#processes.push({ role: 'second', ended: await this.#run(other) });
        first.child.kill('SIGCONT');
        this.#processes.push({ role: 'disturbed', ended: await first.ended, sent: signal });
      }
    }
  }

  /** A stopped update leaves the results of the complete run, or the new ones. */
  async #seeWhatIsKept(): Promise<void> {
    const text = await readFile(join(this.workspace, RUN, 'results.json'), 'utf8').catch(() => '{"strategies":[]}');
    this.#problems.push(...compareKept(this.reference.earlier.run.results, JSON.parse(text) as Results));
  }

  async #seeWhoCompleted(): Promise<void> {
    const text = await readFile(join(this.workspace, RUN, 'results.json'), 'utf8').catch(() => undefined);
    const results = text === undefined ? undefined : (JSON.parse(text) as Results);
    // Completed with every seed; a strategy that lacks one was stopped.
    const runs = results?.strategies.map(({ name }) => name) ?? [];
    this.#completed = runs.filter((name) => runs.filter((other) => other === name).length === results!.seeds.length);
    if (results) this.#problems.push(...compareReleases(this.reference.run.results, results));
  }
}
