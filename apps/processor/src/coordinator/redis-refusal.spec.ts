import { LedgerRefusal, redisRefusalOf } from './redis-refusal';

describe('what Redis refuses', () => {
  const access = { url: 'redis://ledger:secret@redis.example.org:6380/1', keyPrefix: 'hs' };

  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', /the login of user ledger fails/],
    ['NOAUTH Authentication required.', /it wants a login/],
    [
      "NOPERM User ledger has no permissions to run the 'evalsha' command",
      /ACL SETUSER ledger ~hs:\* \+eval /,
    ],
    ['MOVED 3999 127.0.0.1:6381', /it is a Redis Cluster; the ledger takes a single server/],
    ['CLUSTERDOWN Hash slot not served', /it is a Redis Cluster/],
    [
      'WRONGTYPE Operation against a key holding the wrong kind of value',
      /Delete them, or set another 'key-prefix'/,
    ],
  ])('%s', (answer, advice) => {
    const refusal = redisRefusalOf(new Error(answer), access);
    expect(refusal).toBeInstanceOf(LedgerRefusal);
    expect(refusal?.message).toMatch(/^redis redis\.example\.org:6380: /);
    expect(refusal?.message).toMatch(advice);
    expect(refusal?.message).not.toContain('secret');
  });

  it.each([
    'Command timed out',
    "READONLY You can't write against a read only replica.",
    'LOADING Redis is loading',
  ])('is not %s', (answer) => expect(redisRefusalOf(new Error(answer), access)).toBeUndefined());
});
