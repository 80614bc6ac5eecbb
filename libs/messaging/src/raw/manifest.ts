import { failureReasons, type FailureReason, type Poll, type Tags } from '@haproxystats/haproxy';
import { z } from 'zod';
import { isPrintable, printable, RecordFormatError, toldIssues } from '../record-headers';

export const maxProcesses = 1_024;
export const maxChunks = 1_024;
export const maxManifestBytes = 65_536;

/**
 * Every process of a node and slot, and what came of it: how many chunks it was cut into, or why it gave no answer.
 * It travels with every chunk, so whoever has one chunk knows what else to expect.
 */
export interface Manifest {
  readonly chunks: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, FailureReason>>;
  /** What HAProxy says of columns that the puller's catalogue does not know; absent where there are none, and in older records. */
  readonly tags?: Tags | undefined;
}

/** The address of a process as a name that can stand in records, lines of logs and file names. */
export function processName(address: string): string {
  return printable(address);
}

const reasons = Object.keys(failureReasons) as FailureReason[];
/** The name of a process in any record. */
export const processNameSchema = z
  .string()
  .min(1)
  .max(1_024)
  .refine(isPrintable, 'a name with characters that are not printable');
const tagName = z.string().max(64);
const tag = z.string().regex(/^[A-Za-z]{3,8}$/);
/** By kind: what a later program may add is read, and not looked at. */
const tags = z.record(z.string().max(32), z.record(tagName, tag));
const schema = z.object({
  chunks: z.record(processNameSchema, z.int().min(1).max(maxChunks)),
  failed: z.record(processNameSchema, z.enum(reasons)),
  tags: tags.optional(),
});

export function manifestOf(poll: Poll, chunks: Manifest['chunks']): Manifest {
  return {
    chunks,
    failed: Object.fromEntries(poll.failures.map(({ process, reason }) => [process, reason])),
    ...(poll.tags && { tags: poll.tags }),
  };
}

/** How many chunks there are of a process; 0 where it has none, or is not named. */
export function promisedChunks({ chunks }: Manifest, process: string): number {
  return Object.hasOwn(chunks, process) ? chunks[process]! : 0;
}

/** A manifest as it is written, and how many of its tags had no room. */
export interface WrittenManifest {
  readonly json: string;
  readonly tagsLeftOut: number;
}

/** Without the tags, which are only a help, where they would make it too large. Throws RangeError where it is that without them. */
export function writeManifest({ tags, ...manifest }: Manifest, node: string): WrittenManifest {
  const whole = JSON.stringify({ ...manifest, tags });
  if (Buffer.byteLength(whole) <= maxManifestBytes) return { json: whole, tagsLeftOut: 0 };
  const json = JSON.stringify(manifest);
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxManifestBytes) return { json, tagsLeftOut: countOf(tags ?? {}) };
  throw new RangeError(
    `node ${node}: the manifest of its processes takes ${bytes} bytes, ${maxManifestBytes} are allowed: poll fewer sockets per node`,
  );
}

function countOf(tags: Tags): number {
  return Object.values(tags).reduce((sum, names) => sum + Object.keys(names).length, 0);
}

/** Throws RecordFormatError. */
export function parseManifest(json: string): Manifest {
  const value = jsonOf(json);
  if (namesPrototype(value)) throw new RecordFormatError("the manifest names '__proto__'");
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new RecordFormatError(`the manifest: ${toldIssues(parsed.error)}`);
  const { chunks, failed } = parsed.data;
  const processes = Object.keys(chunks).length + Object.keys(failed).length;
  if (processes > maxProcesses)
    throw new RecordFormatError(`the manifest names ${processes} processes, ${maxProcesses} are allowed`);
  return parsed.data;
}

/** zod would leave the name out, and with it a process, in silence. */
function namesPrototype(value: unknown): boolean {
  const parts: unknown[] = Object.values(Object(value) as object);
  return parts.some((part) => Object.hasOwn(Object(part) as object, '__proto__'));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RecordFormatError('the manifest is no JSON', { cause: error });
  }
}
