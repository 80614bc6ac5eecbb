/** The loop of test/support/relay-kills as a process of its own: `relay-kills-program.ts <lines> <kills> <seed>`; prints what came of it as JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { relayKills } from '../support/relay-kills';

const [lines = NaN, kills = NaN, seed = NaN] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-kills-'));
  try {
    const options = { lines, kills, seed, directory, relays: 1, settleMs: 50, lifeMs: 400 };
    process.stdout.write(`${JSON.stringify(await relayKills(options))}\n`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

void main();
