/** Names that people give, which stand in tables, in the report, and one of them as a directory. */

/** What moves the cursor, breaks a line or turns the order of writing around, and halves of characters. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u;
/** Devices of Windows, whatever ending they have. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Whether a strategy can be called so: visible characters in one line, 1 to 200 of them, no blank at either end. */
export function isStrategyName(name: string): boolean {
  return name.length > 0 && name.length <= 200 && name === name.trim() && !UNSEEN.test(name);
}

/**
 * Whether a run's directory can be called so, on any system: up to 100 characters that fit into 200 bytes, none of
 * `/ \ : * ? " < > |`, no dot at either end, no name of a device.
 */
export function isRunName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 100 &&
    Buffer.byteLength(name) <= 200 &&
    !/^\.|\.$|[/\\:*?"<>|]/.test(name) &&
    !UNSEEN.test(name) &&
    !DEVICE.test(name)
  );
}
