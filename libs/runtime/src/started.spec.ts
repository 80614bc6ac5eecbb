import { Started } from './started';

describe('what was started', () => {
  let closed: string[];

  beforeEach(() => {
    closed = [];
  });

  const part = (name: string, error?: Error) => ({
    name,
    close: () => {
      closed.push(name);
      return error ? Promise.reject(error) : Promise.resolve();
    },
  });

  it('is closed once, last one first', async () => {
    const started = new Started();
    expect(started.add(part('a')).name).toBe('a');
    started.add(part('b'));
    await started.close();
    await started.close();
    expect(closed).toEqual(['b', 'a']);
  });

  it('is closed whole, also where a part fails to; all that went wrong is told', async () => {
    const started = new Started();
    const [first, second] = [new Error('no disk'), new Error('no broker')];
    started.add(part('a', first));
    started.add(part('b'));
    await expect(started.close()).rejects.toBe(first);
    expect(closed).toEqual(['b', 'a']);
    started.add(part('a', first));
    started.add(part('b', second));
    await expect(started.close()).rejects.toMatchObject({ errors: [second, first] });
  });

  it('says what its closing waits for, in the words of the part where that has some', async () => {
    const started = new Started();
    const begun = Promise.withResolvers<undefined>();
    const details = ['the group', 'the broker'];
    started.add({ close: () => begun.promise }, 'the spool');
    const consumer = started.add({ close: () => begun.promise, waitingFor: () => details }, 'the consumer');
    expect(started.waitingFor()).toEqual([]);
    const closing = started.close();
    expect(started.waitingFor()).toEqual(details);
    consumer.waitingFor = () => [];
    expect(started.waitingFor()).toEqual(['the consumer']);
    begun.resolve(undefined);
    await closing;
    expect(started.waitingFor()).toEqual([]);
  });

  it('stays where all of it started', async () => {
    const value = await Started.allOrNone((started) => Promise.resolve(started.add(part('a')).name));
    expect(value).toBe('a');
    expect(closed).toEqual([]);
  });

  it('is closed where a later part does not start', async () => {
    const error = new Error('the port is taken');
    const starting = Started.allOrNone((started) => {
      started.add(part('a'));
      return Promise.reject(error);
    });
    await expect(starting).rejects.toBe(error);
    expect(closed).toEqual(['a']);
  });

  it('and does not close either: both are told', async () => {
    const [error, second] = [new Error('the port is taken'), new Error('no disk')];
    const starting = Started.allOrNone((started) => {
      started.add(part('a', second));
      return Promise.reject(error);
    });
    await expect(starting).rejects.toMatchObject({ message: error.message, errors: [error, second] });
  });
});
