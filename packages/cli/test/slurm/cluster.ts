/** A real Slurm cluster on this machine: a controller and two nodes, in a folder of its own. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'scontrol'];

/** Why no cluster can be started here; undefined if one can. */
export function noSlurm(): string | undefined {
  const missing = PROGRAMS.filter((program) => {
    try {
      execFileSync('which', [program], { stdio: 'ignore', env: WITH_SBIN });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0) return `${missing.join(', ')} not found: apt-get install slurm-wlm munge`;
  return process.getuid?.() === 0 ? undefined : 'the daemons of a test cluster need root';
}

const WITH_SBIN = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** A running cluster. */
export class Cluster {
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.env = { ...WITH_SBIN, SLURM_CONF: join(folder, 'slurm.conf') };
  }

  /** Starts the daemons and waits until both nodes are idle. */
  static async start(): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'branchline-slurm-'));
    const cluster = new Cluster(folder);
    await startMunge();
    const host = hostname().split('.')[0]!;
    const ports = await freePorts(3);
    mkdirSync(join(folder, 'state'));
    writeFileSync(join(folder, 'slurm.conf'), configuration(folder, host, ports));
    await run('slurmctld', [], { env: cluster.env });
    for (const node of ['n1', 'n2']) await cluster.startNode(node);
    await cluster.#untilIdle();
    return cluster;
  }

  /** Starts the daemon of a node. */
  async startNode(node: string): Promise<void> {
    await run('slurmd', ['-N', node], { env: this.env });
  }

  /** Ends the daemon of a node and everything that a job runs on it, as a crash of the machine would. */
  async crashNode(node: string, jobPid?: number): Promise<void> {
    kill(join(this.#folder, `slurmd-${node}.pid`), 'SIGKILL');
    if (jobPid !== undefined) process.kill(jobPid, 'SIGKILL');
    await run('scontrol', ['update', `NodeName=${node}`, 'State=DOWN', 'Reason=crashed'], { env: this.env });
  }

  /** Asks Slurm something. */
  async ask(program: string, ...args: readonly string[]): Promise<string> {
    return (await run(program, args, { env: this.env })).stdout;
  }

  async stop(): Promise<void> {
    await run('scancel', ['--user', 'root'], { env: this.env }).catch(() => undefined);
    await sleep(500);
    const pids = readdirSync(this.#folder).filter((name) => name.endsWith('.pid'));
    for (const name of pids) kill(join(this.#folder, name), 'SIGTERM');
    await sleep(1000);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
  }

  async #untilIdle(): Promise<void> {
    for (let tries = 0; tries < 120; tries++) {
      const states = (await this.ask('sinfo', '--noheader', '--format=%t')).split('\n').filter(Boolean);
      if (states.length > 0 && states.every((state) => state === 'idle')) return;
      await sleep(500);
    }
    const log = readFileSync(join(this.#folder, 'slurmctld.log'), 'utf8').slice(-2000);
    throw new Error(`the nodes of the test cluster did not become idle: ${log}`);
  }
}

/** munged listens at one place for the whole machine; one that runs already is used. */
async function startMunge(): Promise<void> {
  if (
    await run('munge', ['-n']).then(
      () => true,
      () => false,
    )
  )
    return;
  if (!existsSync('/etc/munge/munge.key')) await run('mungekey', ['--create'], { env: WITH_SBIN });
  mkdirSync('/run/munge', { recursive: true });
  await run('chown', ['munge:munge', '/run/munge', '/etc/munge/munge.key']);
  await run('munged', ['--force', '--pid-file=/run/munge/munged.pid'], { env: WITH_SBIN, uid: await uidOf('munge') });
}

async function uidOf(user: string): Promise<number> {
  return Number((await run('id', ['-u', user])).stdout);
}

function kill(pidFile: string, signal: NodeJS.Signals): void {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), signal);
  } catch {
    // It has ended.
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function configuration(folder: string, host: string, [controller, first, second]: readonly number[]): string {
  const node = (name: string, port: number | undefined) =>
    `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port} CPUs=1 RealMemory=1000`;
  return [
    'ClusterName=branchline',
    `SlurmctldHost=${host}(127.0.0.1)`,
    ...['SlurmUser=root', 'SlurmdUser=root', 'AuthType=auth/munge'],
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool-%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd-%n.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/slurmd-%n.log`,
    ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'JobAcctGatherType=jobacct_gather/none'],
    ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_Core', 'ReturnToService=2', 'MpiDefault=none'],
    ...[
      'SwitchType=switch/none',
      'KillWait=10',
      'MinJobAge=2',
      'MaxJobCount=8',
      'SchedulerParameters=sched_interval=2,bf_interval=2',
    ],
    `SlurmctldPort=${controller}`,
    node('n1', first),
    node('n2', second),
    'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
    '',
  ].join('\n');
}
