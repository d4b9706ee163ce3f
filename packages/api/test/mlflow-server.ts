/** A real MLflow server on the loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A run as the server answers it. */
export interface MlflowRun {
  readonly info: { readonly run_id: string; readonly run_name: string; readonly status: string };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly step: number }[];
    readonly params?: readonly { readonly key: string; readonly value: string }[];
    readonly tags: readonly { readonly key: string; readonly value: string }[];
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server that can be stopped and started with what it has stored. */
export class MlflowServer {
  readonly #directory = mkdtempSync(join(tmpdir(), 'branchline-mlflow-'));
  #server: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    private readonly port: number,
  ) {}

  /** `program`: the path of `mlflow`. */
  static async start(program: string): Promise<MlflowServer> {
    const server = new MlflowServer(program, await freePort());
    await server.start();
    return server;
  }

  get uri(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ['server', '--host', '127.0.0.1', '--port', String(this.port), '--workers', '1'];
    const store = [
      '--backend-store-uri',
      `sqlite:///${this.#directory}/mlflow.db`,
      '--artifacts-destination',
      `${this.#directory}/artifacts`,
    ];
    // A group of its own: the server has children.
    this.#server = spawn(this.program, [...args, ...store], {
      detached: true,
      stdio: 'ignore',
      cwd: this.#directory,
    });
    for (let attempt = 0; attempt < 600; attempt++) {
      const healthy = await fetch(`${this.uri}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (healthy) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the MLflow server did not start');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    process.kill(-server.pid, 'SIGKILL');
    await ended;
    this.#server = undefined;
  }

  /** Stops the server and removes what it stored. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async ask<T>(path: string, body?: object): Promise<T> {
    const init = body && {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    };
    const response = await fetch(`${this.uri}/api/2.0/mlflow${path}`, init);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  }

  /** The runs of an experiment. */
  async runsOf(experiment: string): Promise<readonly MlflowRun[]> {
    const found = await this.ask<{ experiment: { experiment_id: string } }>(
      `/experiments/get-by-name?experiment_name=${experiment}`,
    );
    const query = { experiment_ids: [found.experiment.experiment_id], max_results: 1000 };
    const { runs = [] } = await this.ask<{ runs?: MlflowRun[] }>('/runs/search', query);
    return runs;
  }
}

/** The value of a tag of a run. */
export const tagOf = ({ data }: MlflowRun, key: string): string | undefined =>
  data.tags.find((of) => of.key === key)?.value;
