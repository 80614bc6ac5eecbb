import type { ProcessReply } from '@haproxystats/haproxy';
import { TagBook, type Ask } from './tag-book';

const header = '# pxname,svname,type,iid,sid,stot,newcol,\n';
const frontend = 'web,FRONTEND,0,2,0,5,1,\n';
const server = 'be,s1,2,3,1,5,1,\n';

function reply(process: string, rows = frontend, version = '9.9.1'): ProcessReply {
  const info = Buffer.from(`Name: HAProxy\nVersion: ${version}\nTasks: 5\n`);
  return { process, info, stat: Buffer.from(header + rows) };
}

const known = {
  ...reply('/a'),
  stat: Buffer.from('# pxname,svname,type,iid,sid,stot,\nweb,FRONTEND,0,2,0,5,\n'),
};
const bytes = (text: string) => ({ bytes: Buffer.from(text) });

/** Answers as HAProxy would, and keeps what was asked. */
function haproxy(answer?: (command: string) => Awaited<ReturnType<Ask>>) {
  const asked: string[] = [];
  const tags: Readonly<Record<string, string>> = {
    'show stat 2 1 0 typed': 'F.2.0.119.newcol.1:MCPP:u64:1\n\n',
    'show stat 3 4 1 typed': 'S.3.1.119.newcol.1:MGPP:u64:1\n\n',
  };
  const ask: Ask = (process, command) => {
    asked.push(`${process}: ${command}`);
    return Promise.resolve(
      answer?.(command) ??
        bytes(
          command
            .split(';')
            .map((one) => tags[one] ?? '')
            .join(''),
        ),
    );
  };
  return { asked, ask };
}

interface Polled {
  readonly replies: readonly ProcessReply[];
  readonly ask: Ask;
}

/** What `learn` answers at each of so many polls. */
async function polls(book: TagBook, count: number, { replies, ask }: Polled): Promise<number[]> {
  const failures: number[] = [];
  for (let i = 0; i < count; i++) failures.push(await book.learn(replies, ask));
  return failures;
}

describe('TagBook', () => {
  it('asks nothing while the catalogue knows all columns', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    await polls(book, 3, { replies: [known], ask });
    expect([asked, book.tagsOf([known]), book.notices]).toEqual([[], undefined, []]);
  });

  it('asks one process of a version once, and tells the tags of each poll', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    const replies = [reply('/a', frontend + server), reply('/b', frontend + server)];
    expect(await polls(book, 100, { replies, ask })).toEqual(new Array(100).fill(0));
    expect(asked).toEqual(['/a: show stat 2 1 0 typed;show stat 3 4 1 typed']);
    expect(book.tagsOf(replies)).toEqual({ frontend: { newcol: 'MCPP' }, server: { newcol: 'MGPP' } });
    expect(book.tagsOf([known])).toBeUndefined();
  });

  it('looks again for kinds that only another process has', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    const replies = [reply('/a', frontend), reply('/b', server)];
    await polls(book, 10, { replies, ask });
    expect(asked).toEqual(['/a: show stat 2 1 0 typed', '/b: show stat 3 4 1 typed']);
    expect(book.tagsOf(replies)).toEqual({ frontend: { newcol: 'MCPP' }, server: { newcol: 'MGPP' } });
  });

  it('learns each version by itself', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    await polls(book, 2, { replies: [reply('/a'), reply('/b', frontend, '9.9.2')], ask });
    expect(asked).toEqual(['/a: show stat 2 1 0 typed', '/b: show stat 2 1 0 typed']);
  });

  it.each([
    ['no answer', { reason: 'timeout', detail: 'too late' } as const, 'too late'],
    ['what is no typed output', bytes('Permission denied\n'), 'no typed value: "Permission denied"'],
  ])('after %s asks again, ever less often, and says why', async (_, answer, why) => {
    const book = new TagBook();
    const { ask, asked } = haproxy(() => answer);
    const failures = await polls(book, 1_100, { replies: [reply('/a')], ask });
    expect(failures.reduce((sum, count) => sum + count, 0)).toBe(asked.length);
    expect(failures.flatMap((count, i) => (count > 0 ? [i] : []))).toEqual([
      0, 2, 5, 10, 19, 36, 69, 134, 263, 520, 1033,
    ]);
    expect(book.tagsOf([reply('/a')])).toBeUndefined();
    expect(book.notices[0]!.text).toContain(why);
  });

  it('tells what is new, once it is learnt', async () => {
    const book = new TagBook();
    await polls(book, 1, { replies: [reply('/a')], ask: haproxy().ask });
    expect(book.notices.map(({ text }) => text)).toEqual([
      "HAProxy 9.9.1 prints newcol, which this program does not know: combined as HAProxy's tags say",
    ]);
  });

  it('leaves what is no CSV to whoever merges it', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    const strange = { ...reply('/a'), stat: Buffer.from('# pxname,what\n') };
    expect(await polls(book, 3, { replies: [strange], ask })).toEqual([0, 0, 0]);
    expect(asked).toEqual([]);
  });

  it('remembers a bounded number of versions', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    for (let i = 0; i < 20; i++) await book.learn([reply('/a', frontend, `9.${i}`)], ask);
    await book.learn([reply('/a', frontend, '9.19')], ask);
    expect(asked).toHaveLength(20);
    await book.learn([reply('/a', frontend, '9.0')], ask);
    expect(asked).toHaveLength(21);
  });
});
