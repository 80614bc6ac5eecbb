import { hintOf, nobody, refusalOf, unpackingFault } from './kafka-refusal';

const wrapped = (fields: object): Error =>
  new Error('kafkajs wraps it', { cause: Object.assign(new Error('not granted'), fields) });
const writer = { topic: 't', principal: 'User:me', brokers: 'k:9093' };
const reader = { ...writer, group: 'g' };

describe('refusalOf', () => {
  it.each([
    [writer, { type: 'TOPIC_AUTHORIZATION_FAILED' }, 'grant User:me the operation Write on topic t'],
    [reader, { type: 'TOPIC_AUTHORIZATION_FAILED' }, 'grant User:me the operation Read on topic t'],
    [reader, { type: 'GROUP_AUTHORIZATION_FAILED' }, 'grant User:me the operation Read on group g'],
    [
      reader,
      { name: 'KafkaJSSASLAuthenticationError' },
      'brokers k:9093: the login of User:me fails (not granted)',
    ],
    [
      writer,
      { code: 'CERT_HAS_EXPIRED', broker: 'k2:9093' },
      "broker k2:9093: no TLS connection: the server's",
    ],
    [
      writer,
      { message: "Failed to connect: option 'tls-ca' in section 'kafka': '/x' is empty" },
      "no TLS connection: option 'tls-ca' in section 'kafka': '/x' is empty",
    ],
  ])('of %j for %j says what to do', (wish, fields, expected) => {
    expect(refusalOf(wrapped(fields), wish)).toContain(expected);
  });

  it('leaves to others what passes by itself', () => {
    expect(refusalOf(wrapped({ code: 'ECONNREFUSED' }), writer)).toBeUndefined();
    expect(refusalOf(wrapped({ type: 'NOT_LEADER_FOR_PARTITION' }), reader)).toBeUndefined();
    expect(refusalOf('no error', reader)).toBeUndefined();
  });
});

it('a broker that hangs up may want those to log in who do not', () => {
  const closed = wrapped({ name: 'KafkaJSConnectionClosedError' });
  expect(hintOf(closed, { principal: nobody })).toMatch(/tls and sasl-mechanism in \[kafka\]/);
  expect(hintOf(closed, { principal: 'User:me' })).toBe('');
  expect(hintOf(new Error('other'), { principal: nobody })).toBe('');
});

it('a record that is too large for the brokers is a matter of their settings', () => {
  const tooLarge = wrapped({ type: 'MESSAGE_TOO_LARGE' });
  expect(hintOf(tooLarge, {})).toMatch(/max\.message\.bytes/);
});

it('records that kafkajs cannot unpack are named with what to do', () => {
  const packed = Object.assign(new Error('ZSTD compression not implemented'), {
    name: 'KafkaJSNotImplemented',
  });
  expect(unpackingFault(packed, 't')?.message).toMatch(
    /^topic t .*ZSTD.* set compression\.type=uncompressed/,
  );
  expect(unpackingFault(new Error('other'), 't')).toBeUndefined();
});
