/** Events of TensorBoard: the fields of `tensorflow.Event` that scalars need. */
import protobuf from 'protobufjs/light.js';

const { Field, Type } = protobuf;

const Value = new Type('Value').add(new Field('tag', 1, 'string')).add(new Field('simpleValue', 2, 'float'));
const Summary = new Type('Summary').add(Value).add(new Field('value', 1, 'Value', 'repeated'));
const Event = new Type('Event')
  .add(Summary)
  .add(new Field('wallTime', 1, 'double'))
  .add(new Field('step', 2, 'int64'))
  .add(new Field('fileVersion', 3, 'string'))
  .add(new Field('summary', 5, 'Summary'));

/** Scalars of one step. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  /** Values by tag, such as `train/loss`; stored as float32. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** The first event of a file. */
export const encodeVersion = (wallTime: number): Uint8Array =>
  Event.encode({ wallTime, fileVersion: 'brain.Event:2' }).finish();

export function encodeScalars({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const value = Object.entries(scalars).map(([tag, simpleValue]) => ({ tag, simpleValue }));
  return Event.encode({ wallTime, step, summary: { value } }).finish();
}

/** Reads an event; one without scalars has none. */
export function decodeEvent(data: Uint8Array): ScalarEvent {
  const decoded = Event.toObject(Event.decode(data), { longs: Number, defaults: true }) as {
    wallTime: number;
    step: number;
    summary: { value: readonly { tag: string; simpleValue: number }[] } | null;
  };
  const scalars = Object.fromEntries((decoded.summary?.value ?? []).map(({ tag, simpleValue }) => [tag, simpleValue]));
  return { wallTime: decoded.wallTime, step: decoded.step, scalars };
}
