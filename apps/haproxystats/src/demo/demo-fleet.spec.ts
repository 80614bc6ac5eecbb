import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { startDemoFleet, type DemoFleet, type DemoFleetOptions } from './demo-fleet';
import { ask } from './haproxy/ask';

describe('startDemoFleet without a haproxy that serves', () => {
  let directory: string;
  let fleet: DemoFleet | undefined;

  const start = async (options: Partial<DemoFleetOptions>): Promise<DemoFleet> => {
    fleet = await startDemoFleet({ clock: systemClock, logger: silentLogger, directory, ...options });
    return fleet;
  };

  const socketsOf = ({ socketDirectory }: DemoFleet): string[] =>
    readdirSync(socketDirectory).map((name) => join(socketDirectory, name));

  beforeEach(async () => {
    fleet = undefined;
    directory = await mkdtemp(join(tmpdir(), 'fleet-spec-'));
  });

  afterEach(async () => {
    await fleet?.stop();
    expect(readdirSync(directory).filter((name) => name.startsWith('haproxystats-demo-'))).toEqual([]);
    await rm(directory, { recursive: true });
  });

  it('simulates when asked to, and says so', async () => {
    const { kind, description, pids, proxies } = await start({ haproxyBinary: false, processes: 1 });
    expect({ kind, pids }).toEqual({ kind: 'simulator', pids: [] });
    expect(description).toBe(
      'a built-in simulator of 1 HAProxy process, because it was asked for: its counters move, but no traffic flows',
    );
    expect(proxies).toEqual(['www', 'admin', 'queue', 'web', 'api', 'static', 'office']);
    expect(socketsOf(fleet!)).toHaveLength(1);
  });

  it('simulates a fleet of the wanted size that stands still on demand', async () => {
    await start({ haproxyBinary: false, processes: 4, size: { backends: 7, servers: 2 } });
    const sockets = socketsOf(fleet!);
    expect(sockets).toHaveLength(4);
    await fleet!.stopTraffic();
    const answer = await ask(sockets[0]!, 'show stat', 1000);
    expect(answer.match(/,BACKEND,/g)).toHaveLength(7);
    await systemClock.sleep(1200);
    expect(await ask(sockets[0]!, 'show stat', 1000)).toBe(answer);
  });

  it('simulates when there is no such program', async () => {
    const absent = join(directory, 'haproxy');
    const { description } = await start({ haproxyBinary: absent });
    expect(description).toContain(`because ${absent} is no haproxy that runs here`);
  });

  it('simulates when the program does not start', async () => {
    const broken = join(directory, 'haproxy');
    const script = `#!/bin/sh
[ "$1" = -v ] && echo "HAProxy version 9.9" && exit
touch "$(awk '/stats socket/ { print $3 }' "$3")"
echo "no such option" >&2
exit 1
`;
    await writeFile(broken, script);
    await chmod(broken, 0o755);
    const { kind, description } = await start({ haproxyBinary: broken });
    expect(kind).toBe('simulator');
    expect(socketsOf(fleet!).map((path) => basename(path))).toEqual(['simulator-1.sock', 'simulator-2.sock']);
    expect(description).toContain(`because ${broken} did not start (see the log)`);
  });

  it('simulates what is too large for real processes', async () => {
    const { description } = await start({ size: { backends: 60, servers: 2 } });
    expect(description).toContain('because 120 servers are too many for a demo with real ones');
  });

  it('leaves nothing behind, however often it is stopped', async () => {
    const { socketDirectory } = await start({ haproxyBinary: false });
    await Promise.all([fleet!.stop(), fleet!.stop()]);
    expect(existsSync(socketDirectory)).toBe(false);
  });

  it('refuses impossible numbers and paths too long for sockets, leaving nothing behind', async () => {
    await expect(start({ processes: 0 })).rejects.toThrow(
      'demo: processes must be a whole number from 1 to 64',
    );
    await expect(start({ size: { backends: 0, servers: 1 } })).rejects.toThrow('demo: backends must be');
    const deep = join(directory, 'a'.repeat(80));
    await mkdir(deep);
    await expect(start({ directory: deep })).rejects.toThrow('is too long for a socket: set TMPDIR');
    expect(readdirSync(deep)).toEqual([]);
  });
});
