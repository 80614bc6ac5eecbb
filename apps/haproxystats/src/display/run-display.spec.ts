import { PassThrough, Writable } from 'node:stream';
import { coloured, plain } from './painter';
import type { PollReport, RunSummary } from './reports';
import { RunDisplay } from './run-display';

const report: PollReport = {
  slotMs: Date.UTC(2026, 10, 20, 14, 5, 10),
  node: 'lb1.example.org',
  covered: 2,
  expected: 2,
  rows: 44,
  metrics: 1234,
  elapsedMs: 37.4,
};

const summary: RunSummary = {
  seconds: 6.04,
  complete: 2,
  partial: 1,
  waiting: 0,
  keptIn: undefined,
  linesDelivered: 3702,
  linesLost: 0,
  destination: 'the built-in receiver on 127.0.0.1:40001',
  command: 'npm start --',
};

function shown(show: (display: RunDisplay) => void, paint = plain): string {
  const output = new PassThrough();
  show(new RunDisplay(output, paint));
  return String(output.read() ?? '');
}

describe('RunDisplay', () => {
  it('shows a whole run', () => {
    const text = shown((display) => {
      display.header({
        version: '1.0.0',
        intervalSeconds: 2,
        polls: 3,
        source:
          '2 real HAProxy 2.6.12 processes, started for this demo, with about 50 requests/s of made-up traffic',
        sockets: ['/run/demo/sockets'],
        destination: 'the built-in receiver on 127.0.0.1:40001, as nothing answers on 127.0.0.1:3002',
      });
      display.poll(report);
      display.readBack({
        proxy: 'frontend www',
        lines: [
          'loadbalancers.lb1.haproxy.frontend.www.bin 100 1',
          'loadbalancers.lb1.haproxy.frontend.www.bout 9 1',
        ],
        total: 31,
      });
      display.poll({ ...report, slotMs: report.slotMs + 2000, covered: 1, rows: 22, elapsedMs: 1049.6 });
      display.poll({ ...report, slotMs: report.slotMs + 4000, node: 'a-very-long-name-of-a-load-balancer' });
      display.summary(summary);
    });
    expect(text).toBe(`haproxystats 1.0.0: HAProxy statistics, polled 3 times, every 2 s

  from    2 real HAProxy 2.6.12 processes, started for this demo, with about 50 requests/s of
          made-up traffic
          /run/demo/sockets
  to      the built-in receiver on 127.0.0.1:40001, as nothing answers on 127.0.0.1:3002

time UTC  node                            processes     rows   metrics       ms
14:05:10  lb1.example.org                    2 of 2       44     1,234       37

What the receiver holds for frontend www, the first 2 of 31:
  loadbalancers.lb1.haproxy.frontend.www.bin 100 1
  loadbalancers.lb1.haproxy.frontend.www.bout 9 1

time UTC  node                            processes     rows   metrics       ms
14:05:12  lb1.example.org                    1 of 2       22     1,234    1,050  partial
14:05:14  a-very-long-name-of-a-loa...       2 of 2       44     1,234       37

3 polls in 6.0 s: 2 complete, 1 partial
3,702 lines delivered to the built-in receiver on 127.0.0.1:40001, 0 lost

How to go on
  your HAProxy   npm start -- -f haproxystats.conf   with socket-dir or servers under [pull]
  your Graphite  server and port under [graphite] in the same file
  a fleet        Kafka and Redis between the nodes: docs/
`);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('names a few sockets only, and runs until it is told to stop', () => {
    const text = shown((display) =>
      display.header({
        version: '1.0.0',
        intervalSeconds: 10,
        source: 'the sockets of haproxystats.conf',
        sockets: [1, 2, 3, 4, 5, 6].map((number) => `/run/haproxy/${number}.sock`),
        destination: 'the relay on 127.0.0.1:3002',
      }),
    );
    expect(text).toBe(`haproxystats 1.0.0: HAProxy statistics, polled every 10 s

  from    the sockets of haproxystats.conf
          /run/haproxy/1.sock
          /run/haproxy/2.sock
          /run/haproxy/3.sock
          /run/haproxy/4.sock
          and 2 more
  to      the relay on 127.0.0.1:3002
`);
  });

  it('speaks of one poll and one line', () => {
    const text = shown((display) =>
      display.summary({ ...summary, complete: 1, partial: 0, linesDelivered: 1, linesLost: 2 }),
    );
    expect(text).toContain('\n1 poll in 6.0 s: 1 complete, 0 partial\n1 line delivered to the built-in');
    expect(text).toContain(', 2 lost\n');
  });

  it('says what waits for whom, and what becomes of it', () => {
    const waits = (polls: number, keptIn?: string): string =>
      shown((display) => {
        display.waiting(polls, 'the relay on 127.0.0.1:3002');
        display.draining(polls, 4_000);
        display.summary({ ...summary, waiting: polls, keptIn });
      });
    expect(waits(1200, '/var/spool/hs'))
      .toBe(`1,200 polls wait for the relay on 127.0.0.1:3002; they are sent when it takes them
waiting for 1,200 polls to be delivered, at most 4 s; Ctrl-C a second time ends at once

3 polls in 6.0 s: 2 complete, 1 partial
1,200 more polls not delivered: kept in /var/spool/hs for the next run
${shown((display) => display.summary(summary))
  .split('\n')
  .slice(2)
  .join('\n')}`);
    expect(waits(1)).toMatch(
      /^1 poll waits for .*; .*\nwaiting for 1 poll to.*\n1 more poll not delivered: gone with the demo\n/s,
    );
  });

  it('marks with colour what went wrong', () => {
    const text = shown((display) => {
      display.poll({ ...report, covered: 0 });
      display.summary({ ...summary, linesLost: 5 });
    }, coloured);
    expect(text).toContain('\u001b[33m14:05:10  lb1.example.org');
    expect(text).toContain('\u001b[33m2 complete, 1 partial\u001b[0m');
    expect(text).toContain('\u001b[31m5 lost\u001b[0m');
  });

  it('lets no name steer the terminal', () => {
    const text = shown((display) => {
      display.poll({ ...report, node: 'lb\u001b[2J\n1' });
      display.readBack({ proxy: 'frontend \u0007', lines: ['a\rb 1 1'], total: 1 });
    });
    expect(text).toContain('lb?[2J?1 ');
    expect(text).toContain('What the receiver holds for frontend ?:\n  a?b 1 1\n');
  });

  it('falls silent when nobody reads any more, and says why', async () => {
    let writes = 0;
    const output = new Writable({
      write: (_chunk, _encoding, done) => {
        writes++;
        done(new Error('EPIPE'));
      },
    });
    const display = new RunDisplay(output);
    display.poll(report);
    await new Promise(setImmediate);
    expect(display.failure?.message).toBe('EPIPE');
    const before = writes;
    display.summary(summary);
    await new Promise(setImmediate);
    expect(writes).toBe(before);
  });
});
