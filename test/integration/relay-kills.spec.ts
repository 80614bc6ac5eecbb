import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { relayKills, type RelayKills } from '../support/relay-kills';

/** RELAY_KILLS=200 and RELAY_LINES=5000000 make it the long run. */
const kills = Number(process.env['RELAY_KILLS'] ?? 40);
const lines = Number(process.env['RELAY_LINES'] ?? 500_000);
const seed = Number(process.env['RELAY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const patienceMs = 60_000 + kills * 1_000 + lines / 20;

function told(what: string, { lost, doubled, wrong, ...facts }: RelayKills): string {
  const share = ((100 * doubled) / facts.lines).toFixed(2);
  return (
    `${what}, seed ${seed}: ${facts.lines} lines, ${facts.kills} relays killed, ${facts.killsInFlight} of them in the middle of a ` +
    `batch, ${facts.killsUnread} with bytes that it had not read, ${facts.failures} tries failed; lost ${lost}, sent twice ${doubled} (${share} %), wrong ${wrong}`
  );
}

describe('Graphite relays that are killed at random', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'relay-kills-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it.each([
    ['one relay', { relays: 1, settleMs: 50 }],
    ['two relays in turn', { relays: 2, settleMs: 50 }],
  ])(
    'lose no line that is committed: %s',
    async (what, some) => {
      const half = { kills: kills / 2, lines: lines / 2, seed, lifeMs: 400 };
      const result = await relayKills({ directory, ...half, ...some });
      process.stdout.write(`${told(what, result)}\n`);
      expect(result).toMatchObject({ lost: 0, wrong: 0 });
      expect(result.kills).toBeGreaterThanOrEqual(kills / 2);
      expect(result.lines).toBeGreaterThanOrEqual(lines / 2);
      expect(result.killsInFlight).toBeGreaterThanOrEqual(kills / 2 / 5);
      expect(result.killsUnread).toBeGreaterThanOrEqual(kills / 2 / 10);
    },
    patienceMs,
  );
});
