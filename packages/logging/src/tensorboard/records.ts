/** TFRecord framing: length, its checksum, data, its checksum; integers are little-endian. */
import { maskedCrc } from './masked-crc.js';

const HEADER = 12;
const FOOTER = 4;

/** One record. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(HEADER + data.length + FOOTER);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, HEADER);
  record.writeUInt32LE(maskedCrc(data), HEADER + data.length);
  return record;
}

/** The whole records at the start of a file, and where they end. What follows is of an interrupted write. */
export function readRecords(file: Buffer): { readonly records: readonly Uint8Array[]; readonly end: number } {
  const records: Uint8Array[] = [];
  let at = 0;
  while (at + HEADER <= file.length) {
    if (file.readUInt32LE(at + 8) !== maskedCrc(file.subarray(at, at + 8))) break;
    const length = Number(file.readBigUInt64LE(at));
    const end = at + HEADER + length + FOOTER;
    if (end > file.length) break;
    const data = file.subarray(at + HEADER, at + HEADER + length);
    if (file.readUInt32LE(end - FOOTER) !== maskedCrc(data)) break;
    records.push(data);
    at = end;
  }
  return { records, end: at };
}
