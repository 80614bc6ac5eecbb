import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Rows per second of a plain C scanner on the same text; undefined where there is no C compiler. */
export function cScannerRowsPerSecond(stat: Buffer): number | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-bench-'));
  try {
    const program = join(directory, 'scanner');
    const built = spawnSync('cc', ['-O2', '-o', program, join(__dirname, 'scanner.c')], { encoding: 'utf8' });
    if (built.error) return undefined;
    if (built.status !== 0) throw new Error(`cc: ${built.stderr}`);
    const text = join(directory, 'stat.csv');
    writeFileSync(text, stat);
    return Number(execFileSync(program, [text], { encoding: 'latin1' }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
