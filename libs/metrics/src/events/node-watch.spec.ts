import {
  firstSlot,
  intervalMs,
  watchedFrame,
  type Said,
  type SeenProcess,
} from '../../../../test/support/watched-node';
import type { HaproxyEvent } from './event';
import { NodeWatch } from './node-watch';

const one = '/run/1.sock';
const two = '/run/2.sock';

/** Watches a node through what is said of it; answers the events, short. */
function watching(debounce = 2) {
  const watch = new NodeWatch(debounce);
  const see = (said: Said): HaproxyEvent[] => [...watch.see([watchedFrame(said)]).events];
  return { watch, see, tell: (said: Said) => see(said).map(short) };
}

function short({ type, entity, slot, from, to }: HaproxyEvent): string {
  return `${(slot - firstSlot) / intervalMs} ${type} ${entity}: ${from} -> ${to}`;
}

function rows(s1: string, more: Record<string, string> = {}): SeenProcess {
  return { rows: { web: 'OPEN', be: 'UP', 'be/s1': s1, ...more } };
}

describe('NodeWatch', () => {
  it('tells nothing at first sight, nor of what stays', () => {
    const { tell } = watching();
    expect(tell({ slot: 0, processes: { [one]: rows('DOWN') } })).toEqual([]);
    expect(tell({ slot: 1, processes: { [one]: rows('DOWN') } })).toEqual([]);
  });

  it('tells of a state once it was seen at so many slots, with the first of them', () => {
    const { tell } = watching(3);
    const at = (slot: number, s1: string) => tell({ slot, processes: { [one]: rows(s1) } });
    expect([at(0, 'UP'), at(1, 'DOWN'), at(2, 'DOWN')]).toEqual([[], [], []]);
    expect(at(3, 'DOWN 1/2')).toEqual(['1 server_state server be/s1: UP -> DOWN']);
    expect([at(4, 'DOWN'), at(5, 'UP'), at(6, 'MAINT'), at(7, 'DOWN')]).toEqual([[], [], [], []]);
  });

  it('tells at once where nothing is debounced', () => {
    const { tell } = watching(1);
    tell({ slot: 0, processes: { [one]: rows('UP') } });
    const down = { rows: { web: 'STOP', be: 'DOWN', 'be/s1': 'DOWN' } };
    expect(tell({ slot: 1, processes: { [one]: down } })).toEqual([
      '1 proxy_state frontend web: OPEN -> STOP',
      '1 proxy_state backend be: UP -> DOWN',
      '1 server_state server be/s1: UP -> DOWN',
    ]);
  });

  it('tells of rows that come and go, and move', () => {
    const { tell } = watching(1);
    tell({ slot: 0, processes: { [one]: { rows: { be: 'UP', 'be/a': 'UP', 'be/b': 'UP' } } } });
    expect(
      tell({ slot: 1, processes: { [one]: { rows: { 'be/c': 'UP', 'be/b': 'UP', be: 'UP' } } } }),
    ).toEqual(['1 server_state server be/c:  -> UP', '1 server_state server be/a: UP -> ']);
    expect(
      tell({
        slot: 2,
        processes: { [one]: { rows: { 'be/a': 'UP', 'be/c': 'UP', 'be/b': 'UP', be: 'UP' } } },
      }),
    ).toEqual(['2 server_state server be/a:  -> UP']);
  });

  it('says how long the state before had lasted: by itself, or by HAProxy where a node has one process', () => {
    const { see } = watching(1);
    see({ slot: 0, processes: { [one]: rows('UP') }, lastchg: { 'be/s1': 500 } });
    const [down] = see({ slot: 2, processes: { [one]: rows('DOWN') } });
    expect(down!.duration_ms).toBe(500_000 + 2 * intervalMs);
    const [up] = see({ slot: 5, processes: { [one]: rows('UP') } });
    expect(up!.duration_ms).toBe(3 * intervalMs);
    const both = watching(1);
    both.see({ slot: 0, processes: { [one]: rows('UP'), [two]: rows('UP') }, lastchg: { 'be/s1': 500 } });
    const [unknown] = both.see({ slot: 2, processes: { [one]: rows('DOWN'), [two]: rows('UP') } });
    expect(unknown).not.toHaveProperty('duration_ms');
  });

  it.each([
    ['DOWN', { check_status: '* L4CON', last_chk: 'Connection refused' }, 'L4CON: Connection refused'],
    ['DOWN', { check_status: 'L4TOUT', check_desc: 'Layer4 timeout' }, 'L4TOUT: Layer4 timeout'],
    ['DOWN (agent)', { check_status: 'L7OK', agent_status: 'L7STS', last_agt: 'drain' }, 'L7STS: drain'],
    ['MAINT (via be/s2)', { check_status: 'L7OK', last_chk: 'fine' }, 'MAINT (via be/s2)'],
    ['MAINT', { check_status: 'L7OK' }, ''],
    ['no check', {}, ''],
  ])('says why: %s, %j', (status, of, detail) => {
    const { see } = watching(1);
    see({ slot: 0, processes: { [one]: rows('UP') } });
    const texts = Object.fromEntries(Object.entries(of).map(([field, text]) => [field, { 'be/s1': text }]));
    expect(see({ slot: 1, processes: { [one]: rows(status) }, texts })[0]!.detail).toBe(detail);
  });

  it('lets a process that does not answer change nothing for the better, for a while', () => {
    const { tell } = watching(1);
    const at = (slot: number, first: string, second: string | undefined) =>
      tell({
        slot,
        processes: {
          [one]: rows(first),
          [two]: second === undefined ? 'timeout' : { ...rows(second), pid: 8 },
        },
      });
    at(0, 'UP', 'MAINT');
    expect([at(1, 'UP', undefined), at(2, 'UP', 'MAINT'), at(3, 'UP', undefined)]).toEqual([[], [], []]);
    expect(at(4, 'DOWN', undefined)).toEqual(['4 server_state server be/s1: MAINT -> DOWN']);
    expect([at(5, 'UP', undefined)]).toEqual([[]]);
    expect(at(6, 'UP', undefined)).toEqual([
      `3 process_gone process ${two}: 8 -> `,
      '6 server_state server be/s1: DOWN -> UP',
    ]);
    expect(at(7, 'UP', 'MAINT')).toEqual([
      `7 process_started process ${two}:  -> 8`,
      '7 server_state server be/s1: UP -> MAINT',
    ]);
  });

  it('takes more of a slot in place of what was seen of it, and passes over less of it, and older ones', () => {
    const { tell } = watching(2);
    const down = { ...rows('DOWN'), pid: 8 };
    tell({ slot: 0, processes: { [one]: rows('UP'), [two]: { ...down, ...rows('UP') } } });
    expect(tell({ slot: 1, processes: { [one]: rows('UP'), [two]: 'lost' } })).toEqual([]);
    expect(tell({ slot: 1, processes: { [one]: rows('UP'), [two]: down } })).toEqual([]);
    expect(tell({ slot: 2, processes: { [one]: rows('UP'), [two]: down } })).toEqual([
      '1 server_state server be/s1: UP -> DOWN',
    ]);
    expect(tell({ slot: 2, processes: { [one]: rows('UP'), [two]: 'lost' } })).toEqual([]);
    expect(tell({ slot: 1, processes: { [one]: rows('UP'), [two]: rows('UP') } })).toEqual([]);
    expect(tell({ slot: 2, processes: { [one]: rows('UP'), [two]: down } })).toEqual([]);
  });

  it('tells of processes that start, are reloaded, and are gone', () => {
    const { see } = watching(2);
    const at = (slot: number, processes: Said['processes']) => see({ slot, processes });
    at(0, { [one]: { ...rows('UP'), pid: 100 } });
    const [reloaded] = at(1, { [one]: { ...rows('UP'), pid: 200, startedAt: 0.5, version: '3.2.0' } });
    expect(reloaded).toMatchObject({
      type: 'process_reloaded',
      from: '100',
      to: '200',
      detail: 'HAProxy 3.0.1 -> 3.2.0',
      duration_ms: 1_000.5 * intervalMs,
    });
    const [started] = at(2, {
      [one]: { ...rows('UP'), pid: 200, startedAt: 0.5 },
      [two]: { ...rows('UP'), pid: 1, startedAt: 1.4 },
    });
    expect(started).toMatchObject({
      type: 'process_started',
      entity: `process ${two}`,
      from: '',
      to: '1',
      detail: 'HAProxy 3.0.1, up for 6 s',
    });
    const [again] = at(3, {
      [one]: { ...rows('UP'), pid: 200, startedAt: 0.5 },
      [two]: { ...rows('UP'), pid: 1, startedAt: 2.5 },
    });
    expect(again).toMatchObject({ type: 'process_reloaded', from: '1', to: '1' });
    expect(at(4, { [one]: { ...rows('UP'), pid: 200, startedAt: 0.5 }, [two]: 'refused' })).toEqual([]);
    const [gone] = at(5, { [one]: { ...rows('UP'), pid: 200, startedAt: 0.5 }, [two]: 'refused' });
    expect(gone).toMatchObject({
      type: 'process_gone',
      from: '1',
      to: '',
      detail: 'refused',
      slot: firstSlot + 4 * intervalMs,
    });
  });

  it.each([
    {
      where: 'behind a master',
      before: '/run/master.sock@!100',
      after: '/run/master.sock@!200',
      atOnce: true,
    },
    {
      where: 'behind a master',
      before: '/run/master.sock@!100',
      after: '/run/master.sock@!200',
      atOnce: false,
    },
    { where: 'with a socket of its own', before: one, after: one, atOnce: true },
    { where: 'with a socket of its own', before: one, after: one, atOnce: false },
  ])(
    'tells of a worker $where that takes the place of one that stops (at once: $atOnce), and of its end',
    (each) => {
      const { before, after, atOnce } = each;
      const { see } = watching(1);
      const old = '/run/master.sock@!100';
      const at = (slot: number, processes: Said['processes']) => see({ slot, processes });
      at(0, { [before]: { ...rows('UP'), pid: 100 } });
      const next = { ...rows('UP'), pid: 200, startedAt: 0.5 };
      const stopping = {
        rows: { web: 'STOP', be: 'UP', 'be/s1': 'UP' },
        pid: 100,
        isStopping: true,
      } as const;
      const events = at(1, { [after]: next, [old]: atOnce ? stopping : { ...rows('UP'), pid: 100 } });
      expect(events.map(({ type, from, to }) => [type, from, to])).toEqual([
        ['process_reloaded', '100', '200'],
      ]);
      expect(at(2, { [after]: next, [old]: stopping })).toEqual([]);
      const ends = at(3, { [after]: next });
      expect(ends.map(({ type, entity, from }) => [type, entity, from])).toEqual([
        ['process_gone', 'process /run/master.sock', '100'],
      ]);
    },
  );

  it('keeps what it knows while no process answers, and while all of several stop', () => {
    const { tell } = watching(1);
    const stopping = { rows: { web: 'STOP', be: 'DOWN', 'be/s1': 'DOWN' }, isStopping: true } as const;
    tell({ slot: 0, processes: { [one]: rows('UP'), [two]: { ...rows('UP'), pid: 8 } } });
    expect(tell({ slot: 1, processes: { [one]: stopping, [two]: { ...stopping, pid: 8 } } })).toEqual([]);
    expect(tell({ slot: 2, processes: { [one]: 'refused', [two]: 'refused' } })).toEqual([
      `2 process_gone process ${one}: 7 -> `,
      `2 process_gone process ${two}: 8 -> `,
    ]);
    expect(tell({ slot: 3, processes: { [one]: 'refused', [two]: 'refused' } })).toEqual([]);
    expect(
      tell({ slot: 4, processes: { [one]: { ...rows('DOWN'), pid: 9, startedAt: 3.5 }, [two]: 'refused' } }),
    ).toEqual([`4 process_started process ${one}:  -> 9`, '4 server_state server be/s1: UP -> DOWN']);
  });

  it('believes what it sees before it has waited for too long', () => {
    const watch = new NodeWatch(2);
    const flaps = (slot: number, nth: number) => (slot % 3 === nth ? 'DOWN' : 'UP');
    const looks = Array.from({ length: 40 }, (_, slot) => {
      const rows = { 'be/s1': flaps(slot, 1), 'be/s2': flaps(slot, 2), 'be/s3': flaps(slot, 0) };
      return watch.see([watchedFrame({ slot, processes: { [one]: { rows } } })]);
    });
    const bases = looks.flatMap(({ isBase }, slot) => (isBase ? [slot] : []));
    expect(bases).toEqual([0, 33]);
    expect(looks.slice(0, 33).flatMap(({ events }) => events.map(short))).toEqual([
      '1 server_state server be/s3: DOWN -> UP',
    ]);
    expect(looks[33]!.events.map(short)).toEqual(['33 server_state server be/s3: UP -> DOWN']);
  });

  it('tells two old workers apart that end in one slot', () => {
    const { see } = watching(1);
    const worker = (pid: number) => `/run/master.sock@!${pid}`;
    const old = (pid: number) => ({ [worker(pid)]: { ...rows('UP'), pid, isStopping: true as const } });
    const now = { [worker(300)]: { ...rows('UP'), pid: 300 } };
    see({ slot: 0, processes: { ...old(100), ...old(200), ...now } });
    const ends = see({ slot: 1, processes: now });
    expect(ends.map(({ type, entity, from }) => `${type} ${entity} ${from}`).toSorted()).toEqual([
      'process_gone process /run/master.sock 100',
      'process_gone process /run/master.sock 200',
    ]);
    expect(new Set(ends.map(({ id }) => id)).size).toBe(2);
  });

  it('gives the same event the same id, and others another', () => {
    const ids = (from: string, to: string) => {
      const { see } = watching(1);
      see({ slot: 0, processes: { [one]: rows(from) } });
      return see({ slot: 1, processes: { [one]: rows(to) } }).map(({ id }) => id);
    };
    expect(ids('UP', 'DOWN')).toEqual(ids('UP', 'DOWN'));
    expect(ids('UP', 'DOWN')).not.toEqual(ids('UP', 'MAINT'));
    expect(ids('UP', 'DOWN')[0]).toMatch(/^[0-9a-f]{32}$/);
  });
});
