import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownEnvironment } from '../../../../test/support/program';
import { replayProgram } from './replay-program';

describe('haproxystats replay', () => {
  const { env } = process;
  let directory: string;

  beforeEach(() => {
    process.env = ownEnvironment();
    directory = mkdtempSync(join(tmpdir(), 'haproxystats-replay-program-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
    process.env = env;
    process.exitCode = undefined;
    jest.restoreAllMocks();
  });

  /** What a faulty configuration makes it say. */
  async function faultsOf(semantics: string, ...flags: string[]): Promise<string> {
    const file = join(directory, 'haproxystats.conf');
    const lists = 'listener-metrics = scur\nserver-metrics = eint\n[derived]\nf = 2 * eint\n';
    writeFileSync(file, `[process]\nsemantics = ${semantics}\n${lists}`);
    const said: string[] = [];
    jest
      .spyOn(process.stderr, 'write')
      .mockImplementation((text: string | Uint8Array) => said.push(String(text)) > 0);
    await replayProgram().parseAsync(['node', 'replay', '-f', file, ...flags, directory]);
    expect(process.exitCode).toBe(1);
    return said.join('').replaceAll(`${directory}/`, '');
  }

  it('finds with --semantics the faults that the file would have if it said so', async () => {
    const own = await faultsOf('classic');
    expect(own.split('\n').slice(0, -1)).toEqual([
      expect.stringContaining(":3: option 'listener-metrics'"),
      expect.stringContaining(":4: option 'server-metrics'"),
      expect.stringContaining(':6: '),
    ]);
    expect(await faultsOf('exact', '--semantics', 'classic')).toBe(own);
  });
});
