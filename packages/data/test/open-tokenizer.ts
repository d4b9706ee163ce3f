/**
 * Opens a tokenizer, given as JSON with its base folder, and prints its name and the problems; as on a platform for
 * which the library has no binary.
 */
import type { Problem } from '@branchline/core';
import { openTokenizer, type TokenizerChoice } from '../src/tokenizers/open.ts';

// Not in the environment of the process: what loads TypeScript would heed it too.
process.env.NAPI_RS_NATIVE_LIBRARY_PATH = '/none.node';
const [choice, base] = process.argv.slice(2);
const problems: Problem[] = [];
const opened = await openTokenizer({ tokenizer: JSON.parse(choice!) as TokenizerChoice }, base!, problems);
process.stdout.write(JSON.stringify([opened?.name ?? null, problems]));
