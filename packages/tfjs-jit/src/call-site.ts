import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Stack frames kept while a function is traced; V8's default of ten is too few for TensorFlow.js's own frames. */
export const STACK_DEPTH = 200;

/** Folder of this package's code; its frames are not the user's. */
const OWN = fileURLToPath(new URL('.', import.meta.url));

/** Where a call was made. */
export interface CallSite {
  /** Called function, e.g. `tf.fft` or `causalAttention`; absent if it belongs neither to TensorFlow.js nor here. */
  readonly called?: string;
  /**
   * The caller, e.g. `myModel (src/model.ts:12:8)`, or only its location; absent if there is none, as for code typed
   * into a console.
   */
  readonly caller?: string;
}

/** Parses a line of V8's stack traces: `at name (file:line:column)`, where the name may be missing. */
function frameOf(line: string) {
  const [, name, place] = /^\s*at (?:async )?(?:(.*?) \()?(.*?:\d+:\d+)\)?$/.exec(line) ?? [];
  if (place === undefined) return undefined;
  return { name, place: place.startsWith('file:') ? place.replace(/^file:\/\/[^:]*/, fileURLToPath) : place };
}

/** Frames of TensorFlow.js. With source maps their paths are in `src/`, which its npm packages do not contain. */
const TENSORFLOW = /[\\/]@tensorflow[\\/]|[\\/]tfjs-(?:core|layers|backend-\w+)[\\/]src[\\/]/;

const isInside = (place: string) => place.startsWith(OWN) || place.startsWith('node:') || TENSORFLOW.test(place);

/** Name of an operation; TensorFlow.js names its functions `fft__op`. */
const operation = (name: string) => /(?:^|\.)(\w+)__op\b/.exec(name)?.[1];

/**
 * Finds the called operation and its caller in a stack trace. The caller is the first frame that belongs neither to
 * TensorFlow.js nor to this package.
 */
export function callSite(stack: string): CallSite {
  const all = stack.split('\n').flatMap((line) => frameOf(line) ?? []);
  // The caller of `trace` is not part of the traced function.
  const frames = all.slice(
    0,
    all.findLastIndex(({ place }) => place.startsWith(`${OWN}trace.`)),
  );
  const first = frames.findIndex(({ place }) => !isInside(place));
  const inside = frames.slice(0, first < 0 ? frames.length : first).toReversed();
  const entry = inside[0]?.place.startsWith(OWN) ? inside[0].name : undefined;
  const name = inside.map((frame) => operation(frame.name ?? '')).find((found) => found !== undefined);
  const called = entry ?? (name === undefined ? undefined : `tf.${name}`);
  const user = frames[first];
  return {
    ...(called === undefined ? {} : { called }),
    ...(user === undefined ? {} : { caller: described(user) }),
  };
}

function described({ name, place }: { name: string | undefined; place: string }): string {
  const path = place.startsWith(process.cwd()) ? relative(process.cwd(), place) : place;
  return name === undefined || name === '<anonymous>' ? path : `${name} (${path})`;
}
