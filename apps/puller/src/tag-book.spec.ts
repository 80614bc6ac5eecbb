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

  const both = 'show stat 2 1 0 typed;show stat 3 4 1 typed';
  const partly = 'F.2.0.119.newcol.1:MCPP:u64:1\n';
  it.each([
    ['empty', '', both, 'newcol'],
    ['cut between lines', partly, 'show stat 3 4 1 typed', 'newcol'],
    ['cut within a line', `${partly}S.3.1.119.newcol.1:MGP`, both, 'no typed value'],
    ['of other columns', 'F.2.0.1.other.1:MCPP:u64:1\nS.3.1.1.other.1:MCPP:u64:1\n\n', both, 'newcol'],
  ])('asks again for what an answer that is %s leaves open, ever less often', async (...given) => {
    const [, answer, again, why] = given;
    const book = new TagBook();
    const cut = haproxy(() => bytes(answer));
    const replies = [reply('/a', frontend + server)];
    const failures = await polls(book, 12, { replies, ask: cut.ask });
    expect(failures.flatMap((count, i) => (count > 0 ? [i] : []))).toEqual([0, 2, 5, 10]);
    expect(cut.asked).toEqual([both, again, again, again].map((command) => `/a: ${command}`));
    expect(book.notices.at(-1)!.text).toMatch(
      new RegExp(`^HAProxy 9.9.1 prints columns .* /a did not tell how .*: .*${why}.*; it is asked again$`),
    );
    const whole = haproxy();
    await polls(book, 1_100, { replies, ask: whole.ask });
    expect(whole.asked).toEqual([`/a: ${again}`]);
    expect(book.tagsOf(replies)).toEqual({ frontend: { newcol: 'MCPP' }, server: { newcol: 'MGPP' } });
    expect(book.notices).toHaveLength(1);
  });

  it('has one question for each version under way at a time, of which none waits for another', async () => {
    const book = new TagBook();
    const hanging: string[] = [];
    const learning = book.learn([reply('/a'), reply('/b', frontend, '9.9.2')], (process) => {
      hanging.push(process);
      return new Promise(() => undefined);
    });
    await new Promise(setImmediate);
    expect(hanging).toEqual(['/a', '/b']);
    expect(await Promise.race([learning, Promise.resolve('not yet')])).toBe('not yet');
  });

  it('tells which columns are combined by their tags, and which are not', async () => {
    const book = new TagBook();
    const tags = { count: 'MCP', name: 'MNP', key: 'KGP', state: 'SGP', odd: 'XYZ', unheard: 'MZP' };
    const names = Object.keys(tags);
    const stat = `# pxname,svname,type,iid,sid,${names.join()},\nweb,FRONTEND,0,2,0,${names.map(() => 1).join()},\n`;
    const typed = Object.entries(tags).map(([name, tag], i) => `F.2.0.${i}.${name}.1:${tag}:u64:1\n`);
    const replies = [{ ...reply('/a'), stat: Buffer.from(stat) }];
    expect(await polls(book, 5, { replies, ask: haproxy(() => bytes(typed.join(''))).ask })).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(book.notices.map(({ text }) => text)).toEqual([
      "HAProxy 9.9.1 prints count, which this program does not know: combined as HAProxy's tags say",
      "HAProxy 9.9.1 prints name, key, state, which this program does not know: left out, because HAProxy's tags call them names, keys, states or texts",
      'HAProxy 9.9.1 prints odd, unheard, which this program does not know: left out where several processes are combined, because it does not know the tags that HAProxy gives them either',
    ]);
  });

  it('tells what is new, once it is learnt', async () => {
    const book = new TagBook();
    await polls(book, 1, { replies: [reply('/a')], ask: haproxy().ask });
    expect(book.notices.map(({ text }) => text)).toEqual([
      "HAProxy 9.9.1 prints newcol, which this program does not know: combined as HAProxy's tags say",
    ]);
  });

  it('names no version of any length', async () => {
    const book = new TagBook();
    await polls(book, 1, { replies: [reply('/a', frontend, '9'.repeat(1_000_000))], ask: haproxy().ask });
    expect(book.notices.map(({ text }) => text)).toEqual([expect.stringMatching(/^.{1,500}$/)]);
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

  it('asks no more processes at a time than it remembers versions', async () => {
    const book = new TagBook();
    const { ask, asked } = haproxy();
    const replies = Array.from({ length: 20 }, (_, i) => reply(`/${i}`, frontend, `9.${i}`));
    await polls(book, 10, { replies, ask });
    expect(asked).toHaveLength(16);
  });
});
