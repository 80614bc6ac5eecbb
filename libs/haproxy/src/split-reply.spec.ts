import { splitReply } from './split-reply';

const info = 'Name: HAProxy\nVersion: 2.6.12\nPid: 7\n';
const header = '# pxname,svname,qcur,last_chk,\n';
const stat = `${header}web,FRONTEND,1,,\nweb,BACKEND,0,"L7OK, all ""well""",\n`;
const whole = `${info}\n${stat}\n`;

const split = (text: string) => splitReply(Buffer.from(text, 'latin1'));

describe('splitReply', () => {
  it('gives both blocks without their empty lines, as views on the reply', () => {
    const reply = Buffer.from(whole);
    const parts = splitReply(reply);
    if (parts.verdict !== 'whole') throw new Error(parts.detail);
    expect(parts.info.toString()).toBe(info);
    expect(parts.stat.toString()).toBe(stat);
    expect(parts.stat.buffer).toBe(reply.buffer);
  });

  it('takes a header without rows: HAProxy has no proxy to show', () => {
    expect(split(`${info}\n${header}\n`).verdict).toBe('whole');
  });

  it('takes no reply for whole that was cut, wherever the cut is', () => {
    const verdicts = Array.from(
      { length: whole.length },
      (_, length) => split(whole.slice(0, length)).verdict,
    );
    expect(new Set(verdicts)).toEqual(new Set(['truncated']));
  });

  it('sees a last row that lost columns although empty lines follow', () => {
    expect(split(`${info}\n${header}web,BACKEND,0,\n\n`)).toEqual({
      verdict: 'truncated',
      detail: 'the last row of show stat is cut',
    });
  });

  it('does not take commas in quotes for columns', () => {
    expect(split(`${info}\n${header}web,BACKEND,"a,b",\n\n`).verdict).toBe('truncated');
  });

  it.each([
    ['denied', 'Permission denied\n\n'],
    ['denied', `${info}\nPermission denied\n\n`],
    ['master', 'Unknown command, but maybe one of the following ones is a better match:\n  show proc\n\n'],
    ['master', 'Unknown command. Please enter one of the following commands only :\n  help\n\n'],
    ['not-haproxy', 'HTTP/1.1 400 Bad request\r\nContent-length: 90\r\n\r\n<html>'],
    ['not-haproxy', '-ERR unknown command\r\n'],
    ['not-haproxy', '\u0000\u0001\u0016\u0003\n\n'],
    ['not-haproxy', stat],
    ['not-haproxy', `${info}\n<html></html>\n\n`],
    ['not-haproxy', `${info}\n# pxname\nweb\n\n`],
  ])('says %s of %j', (verdict, text) => {
    expect(split(text).verdict).toBe(verdict);
  });

  it.each([
    ['the answer to show info is empty', '\n'],
    ['the answer to show info is empty', `\n\n${stat}\n`],
    ['the answer to show stat is empty', `${info}\n\n`],
    ['the answer to show stat is empty', `${info}\n\r\n`],
  ])('says that %s where it is but a line end: %j', (detail, text) => {
    expect(split(text)).toEqual({ verdict: 'truncated', detail });
  });

  it('quotes what a stranger said, one line and printable', () => {
    expect(split('\u0007hello\r\nworld')).toEqual({ verdict: 'not-haproxy', detail: 'said ".hello"' });
    expect(JSON.stringify(split('x'.repeat(9999))).length).toBeLessThan(200);
  });
});
