import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, eventually, type KafkaServer, type RedisServer } from '../harness';
import { polledSlots } from '../support/node-oracle';
import { Place, polls, StopTimes } from '../support/place';
import { Program } from '../support/program';

const times = new StopTimes();

describeWith(['kafka', 'redis'], 'A program of a fleet', (servers) => {
  let kafka: KafkaServer;
  let redis: RedisServer;
  let place: Place;
  let fleet: string;

  beforeAll(async () => {
    [kafka, redis] = await Promise.all([servers.kafka(), servers.redis()]);
  });
  beforeEach(async () => {
    place = await new Place().open();
    const prefix = `stop${Date.now()}`;
    fleet = `[kafka]\nbrokers = ${kafka.brokers.join()}\ntopic-prefix = ${prefix}\ngroup-prefix = ${prefix}\nsession-timeout = 6\n[redis]\nurl = ${redis.url}\n`;
    const file = join(place.directory, 'topics.conf');
    await writeFile(file, fleet);
    expect(await Program.start('haproxystats', 'topics', '-f', file).exited).toBe(0);
  });
  afterEach(async () => {
    await Promise.all([kafka.resume(), redis.resume()].map((each) => each.catch(() => undefined)));
    await place.close();
  });

  const away = { dead: ['kill', 'start'], paused: ['pause', 'resume'] } as const;

  it('loses and repeats nothing when each role, and the puller, is stopped and started again and again', async () => {
    const slots: number[] = [];
    let puller = await place.start('pull', `${fleet}[pull]\nstatus-port = 0`);
    for (const roles of ['node, graphite', 'node', 'graphite', 'node, graphite']) {
      const processor = await place.start('process', `${fleet}[process]\nroles = ${roles}`);
      await place.ready();
      await sleep(1_700);
      expect(await times.ended(`process with Kafka, roles ${roles}`, processor)).toMatchObject({ status: 0 });
      expect(await times.ended('pull with Kafka', puller)).toMatchObject({ status: 0 });
      slots.push(...polledSlots(puller));
      puller = await place.start('pull', `${fleet}[pull]\nstatus-port = 0`);
    }
    await puller.stop();
    slots.push(...polledSlots(puller));
    await place.start('pull', `${fleet}[pull]\nsocket-dir = ${place.directory}\nstatus-port = 0`);
    await place.start('process', fleet);
    await eventually(() => expect([...place.relay.slots.keys()].sort()).toEqual(slots), { withinMs: 60_000 });
    times.note('with Kafka', `${slots.length} polls, ${place.relay.repeated.length} delivered twice`);
    expect(place.relay.repeated).toEqual([]);
  });

  it.each(['dead', 'paused'] as const)('ends while the broker is %s', async (how) => {
    const [leave, back] = away[how];
    const puller = await place.start('pull', `${fleet}[pull]\nstatus-port = 0`);
    const processor = await place.start('process', fleet);
    await place.ready();
    await polls(puller, 2);
    await kafka[leave]();
    const unknown = await place.start('process', `${fleet}[process]\nstatus-port = 0`);
    await polls(puller, polledSlots(puller).length + 3);
    const ends = await Promise.all([
      times.ended(`pull, backlog, broker ${how}`, puller),
      times.ended(`process, broker ${how}`, processor),
      times.ended(`process, broker ${how} from its start`, unknown),
    ]);
    await kafka[back]();
    expect(ends.map(({ status, ms }) => [status, ms < 20_000])).toEqual(ends.map(() => [0, true]));
  });

  it.each(['dead', 'paused'] as const)('ends while Redis is %s', async (how) => {
    const [leave, back] = away[how];
    await polls(await place.start('pull', `${fleet}[pull]\nstatus-port = 0`), 1);
    const processor = await place.start('process', fleet);
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(1), { withinMs: 60_000 });
    await redis[leave]();
    const before = place.relay.slots.size;
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(before + 1), { withinMs: 60_000 });
    const { status, ms } = await times.ended(`process, Redis ${how}`, processor);
    await redis[back]();
    expect([status, ms < 8_000]).toEqual([0, true]);
  });

  it('whose consumer cannot go on ends with status 1 and says why in one line', async () => {
    const tooShort = fleet.replace('session-timeout = 6', 'session-timeout = 1');
    const processor = await place.start('process', tooShort);
    expect(await processor.exited).toBe(1);
    const fatal = processor.log.filter(({ level }) => level === 'fatal').map(({ msg }) => msg);
    expect(fatal).toEqual([expect.stringMatching(/^ended by a fault: .*session timeout/i)]);
  });
});
