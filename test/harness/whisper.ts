import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Point } from './servers';

/**
 * The layout of a whisper file, all big-endian: a header (aggregation u32, retention u32, x-files factor f32,
 * number of archives u32), 12 bytes per archive (offset u32, seconds per point u32, points u32), then each
 * archive's ring of points (timestamp u32, value f64). Slots never written hold timestamp 0.
 */
const headerBytes = 16;
const pointBytes = 12;

/** The points of a whisper file's finest archive, oldest first; none while carbon is still creating the file. */
export function readWhisper(file: Buffer): Point[] {
  if (file.length < headerBytes + pointBytes) return [];
  const offset = file.readUInt32BE(headerBytes);
  const secondsPerPoint = file.readUInt32BE(headerBytes + 4);
  const slots = file.readUInt32BE(headerBytes + 8);
  const end = Math.min(file.length, offset + slots * pointBytes);
  const points: Point[] = [];
  for (let at = offset; at + pointBytes <= end; at += pointBytes) {
    const timestamp = file.readUInt32BE(at);
    if (timestamp > 0) points.push([timestamp, file.readDoubleBE(at + 4)]);
  }
  return withoutPreviousRound(points, secondsPerPoint * slots);
}

/** A ring keeps old points until their slot is written again; those are no longer part of the series. */
function withoutPreviousRound(points: Point[], retentionSeconds: number): Point[] {
  const newest = points.reduce((highest, [timestamp]) => Math.max(highest, timestamp), 0);
  return points
    .filter(([timestamp]) => timestamp > newest - retentionSeconds)
    .sort(([left], [right]) => left - right);
}

/** The directory in which carbon keeps one whisper file a metric, by its path with `/` for `.`. */
export class WhisperDirectory {
  constructor(private readonly directory: string) {}

  async paths(): Promise<string[]> {
    const entries = await readdir(this.directory, { recursive: true });
    return entries
      .filter((entry) => entry.endsWith('.wsp'))
      .map((entry) => entry.slice(0, -'.wsp'.length).replaceAll('/', '.'))
      .sort();
  }

  async points(path: string): Promise<Point[]> {
    try {
      return readWhisper(await readFile(join(this.directory, `${path.replaceAll('.', '/')}.wsp`)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}
