/** The part of MLflow's REST API that a run is logged with. */

/** A run, as the server describes it. */
export interface MlflowRun {
  readonly info: { readonly run_id: string; readonly artifact_uri: string };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly value: number; readonly step: string | number }[];
    readonly tags?: readonly { readonly key: string; readonly value: string }[];
  };
}

export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

export type KeyValue = { readonly key: string; readonly value: string };

const API = '/api/2.0/mlflow';
const TIMEOUT = 10_000;

export class MlflowClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** `env` may have MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, as in Python. */
  constructor(
    uri: string,
    private readonly signal: AbortSignal,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.#base = uri.replace(/\/+$/, '');
    const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = env;
    const basic = Buffer.from(`${user}:${password ?? ''}`).toString('base64');
    const authorization = token ? `Bearer ${token}` : user ? `Basic ${basic}` : undefined;
    this.#headers = authorization === undefined ? {} : { authorization };
  }

  /** The id of an experiment; created if there is none with this name. */
  async experiment(name: string): Promise<string> {
    const found = await this.#find(name);
    if (found !== undefined) return found;
    try {
      const { experiment_id } = await this.#post<{ experiment_id: string }>('/experiments/create', { name });
      return experiment_id;
    } catch (error) {
      // Another process may have been faster.
      const other = await this.#find(name);
      if (other === undefined) throw error;
      return other;
    }
  }

  async #find(name: string): Promise<string | undefined> {
    const path = `${API}/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const response = await this.#request(path, {}, [404]);
    if (response.status === 404) return undefined;
    const { experiment } = (await response.json()) as { experiment: { experiment_id: string } };
    return experiment.experiment_id;
  }

  /** All runs of an experiment that fit a filter, with the latest value of every metric. */
  async search(experiment: string, filter: string): Promise<readonly MlflowRun[]> {
    const runs: MlflowRun[] = [];
    let token: string | undefined;
    do {
      const query = { experiment_ids: [experiment], filter, max_results: 1000, ...(token && { page_token: token }) };
      const page = await this.#post<{ runs?: MlflowRun[]; next_page_token?: string }>('/runs/search', query);
      runs.push(...(page.runs ?? []));
      token = page.next_page_token;
    } while (token);
    return runs;
  }

  async createRun(experiment: string, name: string, tags: readonly KeyValue[]): Promise<MlflowRun> {
    const body = { experiment_id: experiment, run_name: name, start_time: Date.now(), tags };
    return (await this.#post<{ run: MlflowRun }>('/runs/create', body)).run;
  }

  async logBatch(
    run: string,
    batch: {
      readonly metrics?: readonly MlflowMetric[];
      readonly params?: readonly KeyValue[];
      readonly tags?: readonly KeyValue[];
    },
  ): Promise<void> {
    await this.#post('/runs/log-batch', { run_id: run, ...batch });
  }

  /** Sets the status of a run; `ended`: it ends now. */
  async update(run: string, status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void> {
    await this.#post('/runs/update', {
      run_id: run,
      status,
      ...(status !== 'RUNNING' && { end_time: Date.now() }),
    });
  }

  /** Every value that was logged for a metric. */
  async history(run: string, metric: string): Promise<readonly { readonly step: number; readonly value: number }[]> {
    const values: { step: number; value: number }[] = [];
    let token: string | undefined;
    do {
      const page = token ? `&page_token=${encodeURIComponent(token)}` : '';
      const path = `${API}/metrics/get-history?run_id=${run}&metric_key=${metric}&max_results=25000${page}`;
      const response = await this.#request(path, {});
      const { metrics = [], next_page_token } = (await response.json()) as {
        metrics?: { step: string | number; value: number }[];
        next_page_token?: string;
      };
      values.push(...metrics.map(({ step, value }) => ({ step: Number(step), value })));
      token = next_page_token;
    } while (token);
    return values;
  }

  /** Uploads a file through the server. Throws an Error if the server does not serve artifacts. */
  async upload({ artifact_uri: uri }: MlflowRun['info'], name: string, content: Uint8Array): Promise<void> {
    const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(uri)?.[1];
    if (path === undefined) {
      throw new Error(
        `${name} was not uploaded, because artifacts go to ${uri}: start the server with --serve-artifacts`,
      );
    }
    const file = [...path.split('/'), name].map(encodeURIComponent).join('/');
    const body = new Uint8Array(content);
    await this.#request(`/api/2.0/mlflow-artifacts/artifacts/${file}`, { method: 'PUT', body });
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.#request(`${API}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    return (await response.json()) as T;
  }

  async #request(path: string, init: RequestInit, accepted: readonly number[] = []): Promise<Response> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT)]);
    const headers = { ...this.#headers, ...(init.headers as Record<string, string> | undefined) };
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}`, { ...init, headers, signal });
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      throw new Error(`${this.#base} does not answer (${cause?.code ?? (error as Error).name})`, { cause: error });
    }
    if (response.ok || accepted.includes(response.status)) return response;
    const text = await response.text().catch(() => '');
    throw new Error(`${this.#base} refused ${path.split('?')[0]!} with ${response.status}: ${messageIn(text)}`);
  }
}

function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message).slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}
