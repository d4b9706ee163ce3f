import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const path = (name: string) => fileURLToPath(new URL(`../src/optimizer/${name}`, import.meta.url));

/** The generated file. */
export const TARGET = path('vector.wasm.ts');

/** Its expected content: the assembled `vector.wat` as text, so that nothing is built or located at run time. */
export async function assembled(): Promise<string> {
  const module = (await wabt()).parseWat('vector.wat', readFileSync(path('vector.wat'), 'utf8'), { simd: true });
  try {
    const lines = Buffer.from(module.toBinary({}).buffer)
      .toString('base64')
      .match(/.{1,110}/g)!;
    const text = lines.map((line) => `  '${line}'`).join(' +\n');
    return `/** \`vector.wat\`, assembled by \`npm run wasm -w @branchline/trainer-tfjs\`. */\nexport const VECTOR =\n${text};\n`;
  } finally {
    module.destroy();
  }
}
