import { RecordFormatError } from '../record-headers';

/** Confluent's wire format: a byte 0, the id of the schema as 4 bytes, highest first, the record in Avro's binary encoding. */
export const headerLength = 5;

const magicByte = 0;
/** How a record in JSON begins. No record in Avro does: that one has byte 0. */
const openingBrace = 0x7b;

export function writeHeader(buffer: Buffer, schemaId: number): void {
  buffer.writeUInt8(magicByte, 0);
  buffer.writeInt32BE(schemaId, 1);
}

/** The id of the schema that the value is written by; undefined where it is JSON. Throws RecordFormatError where it is neither. */
export function schemaIdOf(value: Buffer): number | undefined {
  if (value[0] === openingBrace) return undefined;
  if (value[0] !== magicByte || value.length < headerLength)
    throw new RecordFormatError(
      `the record is neither JSON (it would begin with '{') nor Avro in Confluent's wire format (a byte 0, then 4 bytes with the id of its schema): ${value.length} bytes, 0x${value.toString('hex', 0, 8)}`,
    );
  return value.readInt32BE(1);
}
