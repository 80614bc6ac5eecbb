import { prepareContainers } from './containers/prepare-containers';
import { prepareNative, prepareRegistry } from './native/prepare-native';
import { announceProvision, providerNames, type Provision, type ProviderName } from './provision';
import { makeRunDirectory } from './run-directory';

type Found = Omit<Provision, 'directory'>;

const choice = 'HAPROXYSTATS_TEST_PROVIDER';

/** Jest's globalSetup of the integration project: finds out, and prepares once, what the servers run on. */
export default async function prepare(): Promise<void> {
  announceProvision({ ...(await provide(chosen())), directory: await makeRunDirectory() });
}

function chosen(): ProviderName | undefined {
  const value = process.env[choice];
  if (!value) return undefined;
  const provider = providerNames.find((name) => name === value);
  if (!provider) throw new Error(`${choice}=${value}: must be one of ${providerNames.join(', ')}`);
  return provider;
}

/** Containers where all of them can be had, else native processes, unless told otherwise. */
async function provide(provider: ProviderName | undefined): Promise<Found> {
  if (provider === 'native') return native(`${choice}=native`);
  const missing = await prepareContainers();
  const [fault] = Object.values(missing);
  if (fault !== undefined && provider === undefined) return native(fault);
  say('integration tests run on containers');
  return { provider: 'containers', missing: { ...missing, ...(await prepareRegistry()) } };
}

async function native(reason: string): Promise<Found> {
  say(`integration tests run on native processes, not on containers: ${reason}`);
  return { provider: 'native', missing: await prepareNative() };
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
