import { readWhisper } from './whisper';

/** A file with one archive of `slots`, as carbon lays it out. */
function whisper(secondsPerPoint: number, slots: (readonly [timestamp: number, value: number])[]): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(secondsPerPoint * slots.length, 4);
  header.writeFloatBE(0.5, 8);
  header.writeUInt32BE(1, 12);
  header.writeUInt32BE(28, 16);
  header.writeUInt32BE(secondsPerPoint, 20);
  header.writeUInt32BE(slots.length, 24);
  const points = slots.map(([timestamp, value]) => {
    const point = Buffer.alloc(12);
    point.writeUInt32BE(timestamp, 0);
    point.writeDoubleBE(value, 4);
    return point;
  });
  return Buffer.concat([header, ...points]);
}

describe('readWhisper', () => {
  it('gives the points in order of time, wherever the ring begins, without empty slots', () => {
    const file = whisper(1, [
      [1004, 4.5],
      [1001, 1],
      [0, 0],
      [1003, 0],
    ]);
    expect(readWhisper(file)).toEqual([
      [1001, 1],
      [1003, 0],
      [1004, 4.5],
    ]);
  });

  it('leaves out what is older than the retention: its slot was not written in this round', () => {
    const file = whisper(10, [
      [1000, 1],
      [980, 2],
      [990, 3],
    ]);
    expect(readWhisper(file)).toHaveLength(3);
    const later = whisper(10, [
      [1000, 1],
      [1010, 2],
      [960, 3],
    ]);
    expect(readWhisper(later)).toEqual([
      [1000, 1],
      [1010, 2],
    ]);
  });

  it('finds nothing in a file that carbon is still creating', () => {
    expect(readWhisper(Buffer.alloc(0))).toEqual([]);
    expect(readWhisper(whisper(1, []).subarray(0, 20))).toEqual([]);
  });

  it('reads a file that is not yet written to its end', () => {
    const file = whisper(1, [
      [1001, 1],
      [1002, 2],
    ]);
    expect(readWhisper(file.subarray(0, file.length - 5))).toEqual([[1001, 1]]);
  });
});
