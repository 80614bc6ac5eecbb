import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { kafkaAnswers } from '../answers';
import { configureBroker, type BrokerOptions } from '../kafka-broker';
import { kafkaJars } from './kafka-jars';
import { NativeServer } from './native-server';

const run = promisify(execFile);

/** A Kafka broker, and a controller of its own or of its cluster, as a process. */
export async function startBroker(options: BrokerOptions): Promise<NativeServer> {
  const { directory, address } = options;
  const { format, serve } = await configureBroker(options, kafkaJars);
  await run('java', format);
  return NativeServer.started({
    command: 'java',
    args: serve,
    directory,
    answers: () => kafkaAnswers(address),
  });
}
