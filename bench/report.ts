import type { ProgramResults, SizeResult } from './main';

/** The stages of one size as a table, and what they are compared with. */
export function printSize(result: SizeResult): void {
  const { size, rows, bytes, lines, results } = result;
  const { backends, servers, processes } = size;
  console.log(
    `\n${backends} backends x ${servers} servers x ${processes} processes: ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB, ${lines.exact} lines, ${lines.classic} in classic`,
  );
  const plain = results[0]!.cpuSeconds;
  console.table(
    Object.fromEntries(
      results.map(({ stage, counts, cpuSeconds, rowsPerSecond, linesPerSecond, allocatedBytesPerRow }) => [
        stage,
        {
          'CPU ms': Number((cpuSeconds * 1_000).toFixed(2)),
          'rows/s': counts === 'rows' ? Math.round(rowsPerSecond) : '',
          'lines/s': counts === 'lines' ? Math.round(linesPerSecond) : '',
          'bytes/row': Math.round(allocatedBytesPerRow),
          'x less than plain': Number((plain / cpuSeconds).toFixed(1)),
          ...fromOriginal(result, cpuSeconds),
        },
      ]),
    ),
  );
  printYardsticks(result);
}

function fromOriginal({ originalCpuSeconds }: SizeResult, cpuSeconds: number): Record<string, number> {
  if (originalCpuSeconds === undefined) return {};
  return { 'x less than original': Number((originalCpuSeconds / cpuSeconds).toFixed(1)) };
}

function printYardsticks({ cScannerRowsPerSecond, originalCpuSeconds }: SizeResult): void {
  if (cScannerRowsPerSecond !== undefined)
    console.log(`A plain C scanner, parsing alone: ${Math.round(cScannerRowsPerSecond)} rows/s.`);
  if (originalCpuSeconds !== undefined)
    console.log(`The original, all of it: ${originalCpuSeconds.toFixed(2)} CPU s.`);
}

export function printPrograms({ processor, puller }: ProgramResults): void {
  console.log(
    '\nThe programs: haproxystats-process at the largest size, haproxystats-pull once a second at the middle one',
  );
  console.table({
    'haproxystats-process': roundedFigures(processor),
    'haproxystats-pull': roundedFigures(puller),
  });
}

function roundedFigures({ peakRssMegabytes, cpuSecondsPerPoll }: ProgramResults['puller']): object {
  return {
    'peak RSS MB': Math.round(peakRssMegabytes),
    'CPU s a poll': Number(cpuSecondsPerPoll.toFixed(3)),
  };
}
