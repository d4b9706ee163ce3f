import { expect, it } from 'vitest';
import { decodeEvent, encodeScalars, encodeVersion } from './event.js';
import { crc32c, maskedCrc } from './masked-crc.js';
import { frameRecord, readRecords } from './records.js';

it('CRC-32C has the check values of its definition and of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(maskedCrc(Buffer.from('123456789'))).toBe(
    ((0xe3069283 >>> 15) + ((0xe3069283 << 17) >>> 0) + 0xa282ead8) % 2 ** 32,
  );
});

it('events have the bytes of protocol buffers', () => {
  // Field 1, a double; field 3, a string.
  expect(Buffer.from(encodeVersion(1)).toString('latin1')).toBe('\x09\0\0\0\0\0\0\xf0\x3f\x1a\x0dbrain.Event:2');
  const event = { wallTime: 1.5, step: 2 ** 40, scalars: { 'train/loss': 0.5, 'train/tokens': 3 } };
  expect(decodeEvent(encodeScalars(event))).toEqual(event);
});

it('records are read up to the first that is not whole', () => {
  const records = ['one', 'two', ''].map((text) => frameRecord(Buffer.from(text)));
  const file = Buffer.concat(records);
  const text = (bytes: Buffer) => readRecords(bytes).records.map((record) => Buffer.from(record).toString());
  expect(text(file)).toEqual(['one', 'two', '']);
  expect(readRecords(file).end).toBe(file.length);
  for (let end = 0; end < file.length; end++) {
    const whole = Math.floor(end / 19);
    expect(readRecords(file.subarray(0, end))).toEqual({
      records: readRecords(file).records.slice(0, whole),
      end: whole * 19,
    });
  }
  const damaged = Buffer.from(file);
  damaged[19 + 13]! ^= 1;
  expect(text(damaged)).toEqual(['one']);
});
