import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../../test/harness/eventually';
import { Lives, type Life, type Role } from '../../../../test/support/log-lives';

/** HAPROXYSTATS_TEST_KILLS: as many as wanted. */
const kills = Number(process.env['HAPROXYSTATS_TEST_KILLS'] ?? 200);

const livesOf = (places: readonly Lives[]): Life[] => places.flatMap(({ all }) => all);

/** What readers handed over, against what writers were told is kept. */
function figuresOf({ write, read }: Record<Role, Lives[]>) {
  const acknowledged = livesOf(write).flatMap(({ appended }) => appended);
  const got = livesOf(read).flatMap((life) => life.got.map(({ id }) => id));
  const delivered = new Set(got);
  const ended = [...livesOf(write), ...livesOf(read)].slice(0, -read.length);
  return {
    kills: ended.length,
    atCallsToTheFileSystem: ended.filter(({ killedItself }) => killedItself).length,
    acknowledged: acknowledged.length,
    ofTheseRead: acknowledged.filter((id) => delivered.has(id)).length,
    torn: livesOf(read).flatMap(({ torn }) => torn).length,
    outOfOrder: livesOf(read).reduce((sum, life) => sum + outOfOrder(life), 0),
    redelivered: got.length - delivered.size,
    notAcknowledgedButRead: delivered.size - acknowledged.filter((id) => delivered.has(id)).length,
  };
}

/** Records that came first behind a later one of the same writer's life. */
function outOfOrder({ got }: Life): number {
  const highest = new Map<number, number>();
  const firsts = [...new Set(got.map(({ id }) => id))];
  return firsts.filter((id) => {
    const life = Math.floor(id / 1_000_000);
    const isEarlier = id < (highest.get(life) ?? 0);
    highest.set(life, Math.max(id, highest.get(life) ?? 0));
    return isEarlier;
  }).length;
}

describe('a directory log whose writers and readers are killed', () => {
  let folder: string;
  let sides: Record<Role, Lives[]>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kill-'));
    await mkdir(join(folder, 'cache'));
  });

  afterEach(async () => {
    await Promise.all([...sides.write, ...sides.read].map((lives) => lives.end()));
    await rm(folder, { recursive: true });
  });

  function start(where: 'here' | 'elsewhere', places: number): void {
    const lives = (role: Role): Lives[] =>
      Array.from(
        { length: places },
        (_, n) => new Lives({ folder, role, where, first: n + 1, step: places }),
      );
    sides = { write: lives('write'), read: lives('read') };
  }

  async function killAll(count: number): Promise<void> {
    const places = [...sides.write, ...sides.read];
    const each = Math.ceil(count / places.length);
    await Promise.all(
      places.map(async (lives) => {
        for (let n = 0; n < each; n++) await lives.liveAndDie();
      }),
    );
    for (const reader of sides.read) reader.goOn();
  }

  /** When the readers, which live on, have all that the writers were told. */
  async function settled() {
    let figures = figuresOf(sides);
    const read = (): boolean => (figures = figuresOf(sides)).ofTheseRead >= figures.acknowledged;
    await until(read, { withinMs: 60_000, everyMs: 100 }).catch(() => undefined);
    process.stdout.write(`kill -9, ${sides.write.length} writers: ${JSON.stringify(figures)}\n`);
    expect(figures).toMatchObject({ ofTheseRead: figures.acknowledged, torn: 0, outOfOrder: 0 });
    expect(await readdir(join(folder, 'log', 'bad'))).toEqual([]);
    expect((await readdir(join(folder, 'log'))).length).toBeLessThan(60);
    return figures;
  }

  it(`loses, tears and reorders nothing over ${kills} kills`, async () => {
    start('here', 1);
    await killAll(kills);
    const { acknowledged, redelivered } = await settled();
    expect(acknowledged).toBeGreaterThan(kills);
    // Handed over, and killed before the commit: that is all that comes twice.
    expect(redelivered).toBeLessThanOrEqual(sides.read[0]!.all.length);
  }, 600_000);

  describe('where no lock keeps a second writer and a second reader out', () => {
    it(`loses, tears and reorders nothing over ${kills / 4} kills`, async () => {
      start('elsewhere', 2);
      await killAll(kills / 4);
      await settled();
    }, 600_000);

    it('loses, tears and reorders nothing while all write and read as fast as they can', async () => {
      start('elsewhere', 2);
      for (const lives of [...sides.write, ...sides.read]) lives.goOn();
      const said = (): number => livesOf(sides.write).reduce((sum, { appended }) => sum + appended.length, 0);
      await until(() => said() >= 4_000, { withinMs: 30_000, everyMs: 50 }).catch(() => undefined);
      await Promise.all(livesOf(sides.write).map((life) => life.kill()));
      const { acknowledged } = await settled();
      expect(acknowledged).toBeGreaterThan(100);
    }, 120_000);
  });
});
