import { failureReasons, type FailureReason, type Poll } from '@haproxystats/haproxy';
import { z } from 'zod';
import { RecordFormatError } from '../record-headers';

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
}

const reasons = Object.keys(failureReasons) as FailureReason[];
const processName = z.string().min(1).max(1_024);
const schema = z.object({
  chunks: z.record(processName, z.int().min(1).max(maxChunks)),
  failed: z.record(processName, z.enum(reasons)),
});

export function manifestOf(poll: Poll, chunks: Manifest['chunks']): Manifest {
  return {
    chunks,
    failed: Object.fromEntries(poll.failures.map(({ process, reason }) => [process, reason])),
  };
}

/** Throws RecordFormatError. */
export function parseManifest(json: string): Manifest {
  const parsed = schema.safeParse(jsonOf(json));
  if (!parsed.success) throw new RecordFormatError(`the manifest: ${z.prettifyError(parsed.error)}`);
  const { chunks, failed } = parsed.data;
  const processes = Object.keys(chunks).length + Object.keys(failed).length;
  if (processes > maxProcesses)
    throw new RecordFormatError(`the manifest names ${processes} processes, ${maxProcesses} are allowed`);
  return { chunks, failed };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RecordFormatError('the manifest is no JSON', { cause: error });
  }
}
