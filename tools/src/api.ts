/**
 * Writes the public API. `docs/plugin-api.md` is the reference of plugins and `docs/reference/program.md` that of
 * programs, from the doc comments; `packages/core/core.api.md` has every signature of core, so that reviews show
 * changes of the API. With `--check`, writes nothing and fails if one of them is out of date.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { Application, type TypeDocOptions } from 'typedoc';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CORE = join(ROOT, 'packages/core');

/** A generated file and its path. */
export interface Generated {
  /** Relative to the workspace. */
  readonly file: string;
  readonly content: string;
}

/** Generates all files, using a scratch folder. */
export async function generate(scratch: string): Promise<readonly Generated[]> {
  mkdirSync(scratch, { recursive: true });
  return [
    { file: 'packages/core/core.api.md', content: report(scratch) },
    { file: 'docs/plugin-api.md', content: await reference(join(scratch, 'plugins'), PLUGINS) },
    { file: 'docs/reference/program.md', content: await reference(join(scratch, 'programs'), PROGRAMS) },
  ];
}

/** Files whose content on disk differs. */
export function outdated(files: readonly Generated[]): readonly string[] {
  return files.filter(({ file, content }) => read(join(ROOT, file)) !== content).map(({ file }) => file);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Every signature of `api.ts`, by API Extractor. */
function report(scratch: string): string {
  const types = join(scratch, 'types');
  const project = ['-p', join(CORE, 'tsconfig.build.json'), '--outDir', types];
  const options = [
    '--emitDeclarationOnly',
    '--composite',
    'false',
    '--incremental',
    'false',
    '--tsBuildInfoFile',
    'null',
  ];
  const emit = spawnSync('npx', ['tsc', ...project, ...options], { cwd: ROOT, encoding: 'utf8' });
  if (emit.status !== 0) throw new Error(`tsc failed:\n${emit.stdout}${emit.stderr}`);
  const reports = join(scratch, 'report');
  mkdirSync(reports, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(CORE, 'api-extractor.json'),
    packageJsonFullPath: join(CORE, 'package.json'),
    configObject: {
      projectFolder: scratch,
      mainEntryPointFilePath: join(types, 'api.d.ts'),
      compiler: { tsconfigFilePath: join(CORE, 'tsconfig.json') },
      apiReport: { enabled: true, reportFileName: 'core.api.md', reportFolder: reports, reportTempFolder: reports },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  return readFileSync(join(reports, 'core.api.md'), 'utf8');
}

/** What plugins, trainers and loggers use. */
const PLUGINS: TypeDocOptions = {
  entryPoints: [join(CORE, 'src/api.ts')],
  tsconfig: join(CORE, 'tsconfig.json'),
  name: 'The API of plugins, trainers and loggers',
};

/** What programs and experiment files use besides: everything that `branchline` exports and that is not of core. */
const PROGRAMS: TypeDocOptions = {
  entryPoints: [join(ROOT, 'packages/api/src/index.ts')],
  tsconfig: join(ROOT, 'packages/api/tsconfig.json'),
  name: 'The API of programs and experiment files',
  exclude: ['**/packages/core/**'],
};

/** The doc comments of an entry, by TypeDoc. */
async function reference(out: string, entry: TypeDocOptions): Promise<string> {
  const options: TypeDocOptions & Record<string, unknown> = {
    ...entry,
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    outputFileStrategy: 'modules',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    disableSources: true,
    excludeExternals: true,
    expandObjects: true,
    useCodeBlocks: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    logLevel: 'Error',
  };
  const app = await Application.bootstrapWithPlugins(options);
  const project = await app.convert();
  if (project === undefined) throw new Error(`TypeDoc could not read ${String(entry.entryPoints)}`);
  await app.outputs.writeOutput({ name: 'markdown', path: out }, project);
  return readFileSync(join(out, 'README.md'), 'utf8');
}

async function main(check: boolean): Promise<void> {
  // Not below node_modules: API Extractor treats files there as external.
  const scratch = mkdtempSync(join(tmpdir(), 'branchline-api-'));
  const files = await generate(scratch).finally(() => rmSync(scratch, { recursive: true, force: true }));
  const old = outdated(files);
  if (check) {
    for (const file of old) console.error(`${file} is out of date: npm run api`);
    process.exitCode = old.length > 0 ? 1 : 0;
    return;
  }
  for (const { file, content } of files) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), content);
    console.log(`wrote ${file}`);
  }
}

await main(process.argv.includes('--check'));
