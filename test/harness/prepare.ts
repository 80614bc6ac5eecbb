import { prepareContainers } from './containers/prepare-containers';
import { prepareNative } from './native/prepare-native';
import { announceProvision, providerNames, type Provision, type ProviderName } from './provision';
import { makeRunDirectory } from './run-directory';
import { serverKinds } from './servers';

type Found = Omit<Provision, 'directory'>;

const choice = 'HAPROXYSTATS_TEST_PROVIDER';

/** Jest's globalSetup of the integration project: finds out, and prepares once, what the servers run on. */
export default async function prepare(): Promise<void> {
  const found = await provide(chosen());
  process.stderr.write(
    `integration tests run on ${found.provider === 'native' ? 'native processes' : 'containers'}\n`,
  );
  announceProvision({ ...found, directory: await makeRunDirectory() });
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
  if (provider !== 'native') {
    const missing = await prepareContainers();
    const haveAll = serverKinds.every((kind) => missing[kind] === undefined);
    if (haveAll || provider === 'containers') return { provider: 'containers', missing };
  }
  return { provider: 'native', missing: await prepareNative() };
}
