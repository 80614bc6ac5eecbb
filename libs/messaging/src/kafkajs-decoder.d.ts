/** The internal of kafkajs 2.2.4 that bounded-headers.ts mends. */
declare module 'kafkajs/src/protocol/decoder' {
  class Decoder {
    bounded?: true;
    constructor(buffer: Buffer);
    readVarInt(): number;
    readVarIntArray: <T>(this: Decoder, read: (from: Decoder) => T) => T[];
  }
  export = Decoder;
}
