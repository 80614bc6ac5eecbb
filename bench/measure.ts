import { GCProfiler, setFlagsFromString } from 'node:v8';

// The memory of arrays is given back within a collection, so that what the profiler says of it counts it.
setFlagsFromString('--no-concurrent-array-buffer-sweeping');

/** The middle one of several runs. */
export interface Measurement {
  readonly cpuSeconds: number;
  readonly allocatedBytes: number;
}

const warmUps = 20;
const runs = 5;

/**
 * Runs `work(i)` twenty times to warm up, then five times. By its number it
 * can take other input each time. Garbage is collected when V8 sees fit, and counts.
 */
export async function measure(work: (run: number) => unknown): Promise<Measurement> {
  for (let run = 0; run < warmUps; run++) await work(run);
  const measured: Measurement[] = [];
  for (let run = 0; run < runs; run++) measured.push(await once(() => work(warmUps + run)));
  return { cpuSeconds: middle(measured, 'cpuSeconds'), allocatedBytes: middle(measured, 'allocatedBytes') };
}

async function once(work: () => unknown): Promise<Measurement> {
  const profiler = new GCProfiler();
  profiler.start();
  const memory = used();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const grown = used() - memory;
  const collected = profiler.stop().statistics.reduce((sum, { beforeGC, afterGC }) => {
    const { heapStatistics: before } = beforeGC;
    const { heapStatistics: after } = afterGC;
    return sum + before.usedHeapSize + before.externalMemory - after.usedHeapSize - after.externalMemory;
  }, 0);
  return { cpuSeconds: (user + system) / 1e6, allocatedBytes: grown + collected };
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function middle(measured: readonly Measurement[], key: keyof Measurement): number {
  return measured.map((each) => each[key]).sort((a, b) => a - b)[Math.floor(measured.length / 2)]!;
}
