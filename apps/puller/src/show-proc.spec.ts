import fc from 'fast-check';
import { maxOldWorkers, parseShowProc, polledWorkers, workersIn, type Worker } from './show-proc';

const current = (pid: number, reloads = 0): Worker => ({ pid, reloads, isOld: false });
const old = (pid: number, reloads: number): Worker => ({ pid, reloads, isOld: true });

/** Columns of 15 characters and a blank, as HAProxy prints them. */
const line = (...values: (string | number)[]) =>
  `${values.map((value) => String(value).padEnd(15)).join(' ')}\n`;

describe('parseShowProc', () => {
  it.each<{ release: string; text: string; workers: Worker[] }>([
    {
      release: '1.9, with two processes',
      text:
        line('#<PID>', '<type>', '<relative PID>', '<reloads>', '<uptime>') +
        line(1162, 'master', 0, 5, '0d00h02m07s') +
        '# workers\n' +
        line(1271, 'worker', 1, 0, '0d00h00m00s') +
        line(1272, 'worker', 2, 0, '0d00h00m00s') +
        '# old workers\n' +
        line(1233, 'worker', '[was: 1]', 3, '0d00h00m43s'),
      workers: [current(1271), current(1272), old(1233, 3)],
    },
    {
      release: '2.0 to 2.4',
      text:
        line('#<PID>', '<type>', '<relative PID>', '<reloads>', '<uptime>', '<version>') +
        line(8, 'master', 0, 2, '0d00h01m28s', '2.4.22-f8e3218') +
        '# workers\n' +
        line(40, 'worker', 1, 0, '0d00h00m00s', '2.4.22-f8e3218') +
        '# old workers\n' +
        line(30, 'worker', '[was: 1]', 1, '0d00h00m28s', '2.4.22-f8e3218') +
        line(12, 'worker', '[was: 1]', 2, '0d00h01m28s', '2.4.22-f8e3218') +
        '# programs\n' +
        line(1244, 'echo', '-', 0, '0d00h00m00s', '-') +
        '# old programs\n' +
        line(1200, 'worker', '-', 1, '0d00h00m28s', '-'),
      workers: [current(40), old(30, 1), old(12, 2)],
    },
    {
      release: '2.5 to 2.9',
      text:
        line('#<PID>', '<type>', '<reloads>', '<uptime>', '<version>') +
        line(11416, 'master', '3 [failed: 1]', '0d00h06m25s', '2.6.12-1+deb12u4') +
        '# workers\n' +
        line(15256, 'worker', 0, '0d00h00m10s', '2.6.12-1+deb12u4') +
        '# old workers\n' +
        line(15146, 'worker', 1, '0d00h00m13s', '2.6.12-1+deb12u4') +
        '# programs\n',
      workers: [current(15256), old(15146, 1)],
    },
    {
      release: '3.1 and later, while the new worker reads its configuration',
      text:
        line('#<PID>', '<type>', '<reloads>', '<uptime>', '<version>') +
        line(10, 'master', '1 [failed: 0]', '0d01h00m00s', '3.4.0') +
        '# workers\n' +
        line(12, 'worker', 1, '0d01h00m00s', '3.4.0') +
        line(77, 'worker', 0, '0d00h00m00s', '3.4.0'),
      workers: [current(12, 1), current(77)],
    },
  ])('reads $release', ({ text, workers }) => {
    expect(parseShowProc(`${text}\n`)).toEqual(workers);
  });

  const whole = `${line('#<PID>', '<type>', '<reloads>')}# workers\n${line(7, 'worker', 0)}`;

  it('takes no list that is cut, nor anything else for one', () => {
    expect(parseShowProc(`${whole}\n`)).toEqual([current(7)]);
    for (let length = 0; length <= whole.length; length++)
      expect(parseShowProc(whole.slice(0, length))).toBeUndefined();
    expect(parseShowProc(`Name: HAProxy\n${whole}\n`)).toBeUndefined();
  });

  it.each([
    ['a worker twice', line(7, 'worker', 5)],
    [
      'a pid that is none',
      line('-7', 'worker', 0) + line('7.5', 'worker', 0) + line('99999999999', 'worker', 0),
    ],
    ['reloads that are none', line(8, 'worker', 'x')],
    ['half a line', '9\n9 worker\n'],
    ['a section of later programs', `# tired workers\n${line(9, 'worker', 1)}`],
  ])('passes over %s', (_, lines) => {
    expect(parseShowProc(`${whole}${lines}\n`)).toEqual([current(7)]);
  });

  it('never throws, and never makes up a pid', () => {
    const pieces = [
      '# workers',
      '# old workers',
      '\n',
      ' ',
      '[was: 1]',
      '[',
      ']',
      '<',
      '7',
      'worker',
      '-1',
      '\0',
      'é',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string())), (parts) => {
        const workers = parseShowProc(`#<PID> <type> <reloads>\n${parts.join('')}\n\n`)!;
        expect(
          workers.every(({ pid }) => Number.isSafeInteger(pid) && parts.join('').includes(String(pid))),
        ).toBe(true);
      }),
    );
  });
});

describe('workersIn', () => {
  it.each([
    ['#<PID> <type>', 'truncated', 'said "#<PID> <type>": its list has no end'],
    ['', 'truncated', 'closed without an answer'],
    [
      'Permission denied\n\n',
      'denied',
      'said "Permission denied": newer releases of HAProxy need "level operator" for "show proc"',
    ],
    [
      "Unknown command: 'show proc'\n",
      'not-haproxy',
      'said "Unknown command: \'show proc\'": it is no master CLI, but maybe a stats socket',
    ],
    ['220 mail\x07er\r\n', 'not-haproxy', 'said "220 mail.er": it is no master CLI'],
  ])('says why %j is no list', (text, reason, detail) => {
    expect(workersIn({ bytes: Buffer.from(text) })).toEqual({ reason, detail });
  });

  it('hands on why there was no answer', () => {
    const refused = { reason: 'refused', detail: 'nobody there' } as const;
    expect(workersIn(refused)).toBe(refused);
  });
});

describe('polledWorkers', () => {
  it('leaves out the oldest of many old workers, and counts them', () => {
    const olds = Array.from({ length: maxOldWorkers + 3 }, (_, i) => old(100 + i, maxOldWorkers + 3 - i));
    const { workers, leftOut } = polledWorkers([...olds, current(1)], 256);
    expect(leftOut).toBe(3);
    expect(workers[0]).toEqual(current(1));
    expect(workers.slice(1).map(({ reloads }) => reloads)).toEqual(
      Array.from({ length: maxOldWorkers }, (_, i) => i + 1),
    );
  });

  it('keeps within the room that there is, current workers first', () => {
    const all = [old(3, 1), current(1), current(2)];
    expect(polledWorkers(all, 1)).toEqual({ workers: [current(1)], leftOut: 2 });
    expect(polledWorkers(all, 0)).toEqual({ workers: [], leftOut: 3 });
  });

  it('waits for a worker that has not begun, beside the one that it will take the place of', () => {
    const { workers, leftOut } = polledWorkers([current(12, 1), current(77), old(5, 2)], 256);
    expect([workers, leftOut]).toEqual([[current(12, 1), old(5, 2)], 0]);
  });
});
