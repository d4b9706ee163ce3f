/**
 * Benchmarks data preparation, speed and memory: generated documents are scored, deduplicated, divided into versions,
 * sorted and packed; and what it costs if a fourth file arrives after three are prepared. `npm run bench:data`;
 * `--documents 1e5` for fewer, `--score` for another score or `none`, `--json` for the rows. The work runs in a process
 * that is killed if it uses more than 1 GiB.
 */
import { fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type DataConfig, type DataProgress, prepareData } from '@branchline/data';

interface Row {
  readonly phase: string;
  readonly seconds: number;
  /** Time of all processor cores, which other processes change less. */
  readonly cpuSeconds: number;
  readonly documentsPerSecond: number;
  /** Of text, in 10^6 bytes. */
  readonly megabytesPerSecond: number;
  readonly peakMiB: number;
}

const CAP_MIB = 1024;
/** Heap limit of V8; the rest is for DuckDB and buffers. */
const HEAP_MIB = 256;
/** Peak disk usage per document, in bytes. */
const DISK_PER_DOCUMENT = 2500;
const FILES = 4;
/** Documents of the reference that the classifier learns from: as long as the others, of frequent words only. */
const REFERENCE = { documents: 20_000, file: 'reference.jsonl', words: 5000 };
const SCORES = {
  none: undefined,
  diversity: 'diversity',
  compression: 'compression',
  ngram: { by: 'ngram' },
  classifier: { by: 'classifier', reference: REFERENCE.file },
  column: { column: 'q' },
} as const;

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '1e7' },
    score: { type: 'string', default: 'diversity' },
    json: { type: 'boolean', default: false },
    worker: { type: 'string' },
  },
});

/** A linear congruential generator: fast, and the same text on every machine. */
class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }
}

/**
 * Writes documents of 10 to 49 words. One in a hundred duplicates the document before it. Word frequencies resemble
 * natural text. Returns the bytes of their texts.
 */
function generate(directory: string, documents: number): number {
  const letters = new Numbers(1);
  const words = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 2 + letters.below(8) }, () => String.fromCharCode(97 + letters.below(26))).join(''),
  );
  let bytes = 0;
  for (let file = 0; file < FILES; file++) {
    const numbers = new Numbers(file + 2);
    const out = openSync(path.join(directory, `documents-${file}.jsonl`), 'w');
    let block: string[] = [];
    let text = '';
    for (let i = file; i < documents; i += FILES) {
      if (text === '' || numbers.below(100) > 0) {
        const length = 10 + numbers.below(40);
        text = words[numbers.below(words.length)]!;
        // Squaring a uniform number skews the distribution: half of the words are among the first quarter.
        for (let k = 1; k < length; k++) text += ` ${words[Math.floor(numbers.below(1e6) ** 2 * 2e-8)]!}`;
      }
      bytes += text.length;
      block.push(`{"id":"${i}","q":${numbers.below(1000)},"d":"${'abc'[i % 3]}","text":"${text}"}\n`);
      if (block.length === 4096) {
        writeSync(out, block.join(''));
        block = [];
      }
    }
    writeSync(out, block.join(''));
    closeSync(out);
  }
  const numbers = new Numbers(FILES + 2);
  const reference = Array.from({ length: REFERENCE.documents }, () => {
    const text = Array.from({ length: 10 + numbers.below(40) }, () => words[numbers.below(REFERENCE.words)]!);
    return `{"text":"${text.join(' ')}"}\n`;
  });
  writeFileSync(path.join(directory, REFERENCE.file), reference.join(''));
  return bytes;
}

/** Peak memory of this process since the last call if the system supports it; otherwise since its start. */
function takePeak(): number {
  try {
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
    writeFileSync('/proc/self/clear_refs', '5');
    return peak;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/** Stages of the preparation, as phases of the benchmark. */
const PHASES: Record<DataProgress['stage'], string> = {
  find: 'digest files',
  read: 'read, score, tokenize',
  sort: 'deduplicate, divide, sort',
  pack: 'pack',
  verify: 'verify',
  damaged: 'damaged',
  skipped: 'skipped',
  order: 'order',
};

/** What the work reports. */
interface Worked {
  readonly rows: Row[];
  readonly sequences: number;
  /** Of the texts of all documents. */
  readonly bytes: number;
  readonly growth: Growth;
}

function ratesOf(documents: number, bytes: number, seconds: number) {
  return { documentsPerSecond: documents / seconds, megabytesPerSecond: bytes / 1e6 / seconds };
}

/** Time of a preparation; that of the processor depends less on what else the machine does. */
interface Time {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Preparing four files, each a version, of which three are prepared already, and from nothing. */
interface Growth {
  readonly added: Time;
  readonly fresh: Time;
}

async function grow(directory: string): Promise<Growth> {
  const timeOf = async (cache: string, count: number): Promise<Time> => {
    const begin = performance.now();
    const used = process.cpuUsage();
    const config: DataConfig = {
      sources: Array.from({ length: count }, (_, file) => ({
        ...{ files: `documents-${file}.jsonl`, idField: 'id', domainField: 'd' },
      })),
      versions: { by: 'source' },
      score: SCORES[values.score as keyof typeof SCORES],
    };
    const cacheDirectory = path.join(directory, cache);
    const data = await prepareData(config, { context: 128, baseDirectory: directory, cacheDirectory });
    data.close();
    const { user, system } = process.cpuUsage(used);
    return { seconds: (performance.now() - begin) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
  await timeOf('grown', FILES - 1);
  const added = await timeOf('grown', FILES);
  rmSync(path.join(directory, 'grown'), { recursive: true });
  return { added, fresh: await timeOf('fresh', FILES) };
}

async function work(directory: string, documents: number): Promise<Worked> {
  const rows: Row[] = [];
  let begin = performance.now();
  let used = process.cpuUsage();
  let phase = 'generate';
  let bytes = 0;
  const end = (next: string) => {
    const seconds = (performance.now() - begin) / 1000;
    const { user, system } = process.cpuUsage(used);
    const cpuSeconds = (user + system) / 1e6;
    rows.push({ phase, seconds, cpuSeconds, ...ratesOf(documents, bytes, seconds), peakMiB: takePeak() });
    begin = performance.now();
    used = process.cpuUsage();
    phase = next;
  };
  bytes = generate(directory, documents);
  end(PHASES.find);
  const config: DataConfig = {
    sources: [{ files: 'documents-*.jsonl', idField: 'id', domainField: 'd' }],
    versions: { by: 'random', count: 4 },
    score: SCORES[values.score as keyof typeof SCORES],
  };
  const data = await prepareData(config, {
    context: 128,
    baseDirectory: directory,
    cacheDirectory: path.join(directory, 'cache'),
    onProgress: ({ stage }) => {
      if (PHASES[stage] !== phase) end(PHASES[stage]);
    },
  });
  end('');
  data.close();
  rmSync(path.join(directory, 'cache'), { recursive: true });
  return { rows, sequences: data.sequences, bytes, growth: await grow(directory) };
}

/** Runs the work in a separate process, which is killed above the memory limit. */
async function inChild(directory: string, documents: number): Promise<Worked> {
  const child = fork(
    fileURLToPath(import.meta.url),
    ['--worker', directory, '--documents', String(documents), '--score', values.score],
    { execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MIB}`] },
  );
  let isOver = false;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      isOver = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024 > CAP_MIB;
    } catch {
      // Not supported here: the worker's own figures are used.
    }
    if (isOver) child.kill('SIGKILL');
  }, 50);
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', resolve);
      child.on('exit', (code) =>
        reject(new Error(isOver ? `it took more than ${CAP_MIB} MiB` : `it ended with ${code}`)),
      );
    });
  } finally {
    clearInterval(watch);
  }
}

const documents = Number(values.documents);
if (!Number.isInteger(documents) || documents < 1000 || !(values.score in SCORES)) {
  console.error(`--documents is a whole number from 1000, --score one of ${Object.keys(SCORES).join(', ')}`);
  process.exit(2);
}
if (values.worker !== undefined) {
  process.send!(await work(values.worker, documents), () => process.disconnect());
} else {
  const directory = mkdtempSync(path.join(tmpdir(), 'bench-data-'));
  try {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < documents * DISK_PER_DOCUMENT)
      throw new Error(`${directory} has no room for ${(documents * DISK_PER_DOCUMENT) / 1e9} GB: set TMPDIR`);
    const { rows, sequences, bytes, growth } = await inChild(directory, documents);
    const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
    const cpuSeconds = rows.reduce((sum, row) => sum + row.cpuSeconds, 0);
    const peakMiB = Math.max(...rows.map((row) => row.peakMiB));
    const all = [...rows, { phase: 'all', seconds, cpuSeconds, ...ratesOf(documents, bytes, seconds), peakMiB }];
    if (values.json)
      console.log(
        JSON.stringify({ documents, score: values.score, capMiB: CAP_MIB, sequences, rows: all, growth }, null, 2),
      );
    else {
      console.log(
        `${documents} documents scored by ${values.score}, ${sequences} sequences of 128 tokens, cap ${CAP_MIB} MiB`,
      );
      console.log(`${'phase'.padEnd(28)}  seconds    CPU s  documents/s   MB/s  peak MiB`);
      for (const row of all) {
        const rates = [row.documentsPerSecond.toFixed(0).padStart(11), row.megabytesPerSecond.toFixed(1).padStart(5)];
        const times = [row.seconds, row.cpuSeconds].map((one) => one.toFixed(1).padStart(7));
        const cells = [...times, ...rates, row.peakMiB.toFixed(0).padStart(8)];
        console.log([row.phase.padEnd(28), ...cells].join('  '));
      }
      const show = ({ seconds, cpuSeconds }: Time) => `${seconds.toFixed(1)} s (processor ${cpuSeconds.toFixed(1)} s)`;
      const ratio = (of: keyof Time) => (growth.added[of] / growth.fresh[of]).toFixed(2);
      console.log(`a fourth file after three: ${show(growth.added)}; all four from nothing: ${show(growth.fresh)}`);
      console.log(`ratio ${ratio('seconds')}, of processor time ${ratio('cpuSeconds')}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
