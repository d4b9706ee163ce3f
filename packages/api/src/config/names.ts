/** Names given by users. They appear in tables and reports; the run's name is also a directory. */

/** Control characters, line and paragraph separators, bidirectional controls, lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u;
/** Device names that Windows reserves, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Whether a strategy may have this name: 1 to 200 visible characters on one line, no leading or trailing white space.
 */
export function isStrategyName(name: string): boolean {
  return name.length > 0 && name.length <= 200 && name === name.trim() && !INVISIBLE.test(name);
}

/**
 * Whether a run directory may have this name on any system: up to 100 characters and 200 bytes, none of `/ \ : * ? " <
 * > |`, no dot at either end, not a Windows device name.
 */
export function isRunName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 100 &&
    Buffer.byteLength(name) <= 200 &&
    !/^\.|\.$|[/\\:*?"<>|]/.test(name) &&
    !INVISIBLE.test(name) &&
    !DEVICE.test(name)
  );
}
