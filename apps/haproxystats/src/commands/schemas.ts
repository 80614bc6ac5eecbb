import {
  checkSchema,
  registerSchema,
  RegistryFault,
  registrySettingsOf,
  resultTopics,
  type SchemaState,
  type SchemaWish,
} from '@haproxystats/messaging';
import { endOnClosedPipe, type ProgramContext } from '@haproxystats/runtime';

/** `haproxystats schemas register`: what a deploy job runs once before a new version starts. Safe to run again. */
export function registerSchemasCommand(context: ProgramContext): Promise<void> {
  return forEachTopic(context, registerSchema);
}

/** `haproxystats schemas check`: changes nothing; status 1 unless the services can start. */
export function checkSchemasCommand(context: ProgramContext): Promise<void> {
  return forEachTopic(context, checkSchema);
}

type Work = (wish: SchemaWish) => Promise<SchemaState>;

/** A line for each subject. One that fails keeps none from its turn, and makes the exit status 1. */
async function forEachTopic({ settings, stop }: ProgramContext, work: Work): Promise<void> {
  endOnClosedPipe();
  const registry = registrySettingsOf(settings);
  if (!registry) {
    process.stderr.write("no schema registry is configured: set 'url' in section [registry]\n");
    process.exitCode = 1;
    return;
  }
  const topicPrefix = settings.kafka['topic-prefix'];
  for (const topic of resultTopics) {
    if (stop.aborted) return;
    const { told, isReady } = await stateOf({ registry, topicPrefix, topic }, work);
    process.stdout.write(`${told}\n`);
    if (!isReady) process.exitCode = 1;
  }
}

async function stateOf(wish: SchemaWish, work: Work): Promise<Pick<SchemaState, 'told' | 'isReady'>> {
  try {
    const { subject, told, isReady } = await work(wish);
    return { told: `${subject}: ${told}`, isReady };
  } catch (error) {
    if (!(error instanceof RegistryFault)) throw error;
    return { told: error.message, isReady: false };
  }
}
