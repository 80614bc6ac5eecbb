import type { Admin } from 'kafkajs';
import { checkTopics, createTopics as createTopicsOf, renderTopicFault } from './topic-admin';

const denied = (type: string) => Object.assign(new Error('not authorized'), { type });

describe('checkTopics', () => {
  const unknown = Object.assign(new Error('no such topic'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
  const admin = (asked: object) =>
    ({
      listTopics: () => Promise.resolve(['raw']),
      fetchTopicMetadata: () => Promise.reject(unknown),
      ...asked,
    }) as unknown as Admin;

  it('tells a missing right to look at the settings as a fault of that topic', async () => {
    const describeConfigs = () =>
      Promise.reject(new Error('kafkajs wraps it', { cause: denied('TOPIC_AUTHORIZATION_FAILED') }));
    const faults = await checkTopics(admin({ describeConfigs }), ['raw', 'gone']);
    expect(faults.map(renderTopicFault)).toEqual([
      'topic raw: the brokers deny DescribeConfigs (TOPIC_AUTHORIZATION_FAILED); grant it to this client; until then cleanup.policy, message.timestamp.type, compression.type is not checked',
      "topic gone does not exist: run 'haproxystats topics' once",
    ]);
  });

  it('tells a topic that may not be seen from one that is not there', async () => {
    const fetchTopicMetadata = () => Promise.reject(denied('TOPIC_AUTHORIZATION_FAILED'));
    const faults = await checkTopics(admin({ fetchTopicMetadata }), ['hidden']);
    expect(faults.map(renderTopicFault)).toEqual([
      'topic hidden: the brokers deny Describe (TOPIC_AUTHORIZATION_FAILED); grant it to this client; until then it is not checked',
    ]);
  });

  it('tells compression of a topic that we read, and of no other', async () => {
    const names = ['hs.raw.v1', 'hs.metrics.node.v1'];
    const configEntries = [
      { configName: 'cleanup.policy', configValue: 'delete' },
      { configName: 'message.timestamp.type', configValue: 'LogAppendTime' },
      { configName: 'compression.type', configValue: 'producer' },
    ];
    const describeConfigs = () => Promise.resolve({ resources: [{ configEntries }] });
    const faults = await checkTopics(
      admin({ listTopics: () => Promise.resolve(names), describeConfigs }),
      names,
    );
    expect(faults.map(renderTopicFault)).toEqual([
      "topic hs.raw.v1 has compression.type=producer, uncompressed is needed: change it with your broker's kafka-configs tool",
    ]);
  });

  it('names the topics that may not be created', async () => {
    const createTopics = () =>
      Promise.reject(Object.assign(new Error('some'), { errors: [denied('TOPIC_AUTHORIZATION_FAILED')] }));
    const describeCluster = () => Promise.resolve({ brokers: [{}] });
    await expect(createTopicsOf(admin({ createTopics, describeCluster }), 'hs')).rejects.toThrow(
      /^topics hs\.raw\.v1, .*: the brokers deny Create \(TOPIC_AUTHORIZATION_FAILED\); grant it/,
    );
  });

  it('rejects as kafkajs does when no broker answers', async () => {
    const fault = new Error('no broker');
    const describeConfigs = () => Promise.reject(fault);
    await expect(checkTopics(admin({ describeConfigs }), ['raw'])).rejects.toBe(fault);
  });
});
