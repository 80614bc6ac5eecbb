import { buildImage } from './containers/build-image';
import { prepareContainers } from './containers/prepare-containers';
import { prepareNative } from './native/prepare-native';
import { announceProvision, providerNames, type Provision, type ProviderName } from './provision';
import { makeRunDirectory } from './run-directory';

type Found = Omit<Provision, 'directory' | 'image'>;

const providerChoice = 'HAPROXYSTATS_TEST_PROVIDER';
const programsChoice = 'HAPROXYSTATS_TEST_PROGRAMS';

/** Jest's globalSetup of the integration project: finds out, and prepares once, what servers and programs run on. */
export default async function prepare(): Promise<void> {
  const programs = chosen(programsChoice, ['image', 'dist']);
  const provision = await prepareServers();
  const image = await imageFor(provision, programs);
  if (image !== undefined) announceProvision({ ...provision, image });
}

/** The same for servers alone. */
export async function prepareServers(): Promise<Provision> {
  const found = await provide(chosen(providerChoice, providerNames));
  const provision = { ...found, directory: await makeRunDirectory(found.provider) };
  announceProvision(provision);
  return provision;
}

function chosen<T extends string>(variable: string, choices: readonly T[]): T | undefined {
  const value = process.env[variable];
  if (!value) return undefined;
  const choice = choices.find((name) => name === value);
  if (choice === undefined) throw new Error(`${variable}=${value}: must be one of ${choices.join(', ')}`);
  return choice;
}

/** Containers where all of them can be had, else native processes, unless told otherwise. */
async function provide(provider: ProviderName | undefined): Promise<Found> {
  if (provider === 'native') return native(`${providerChoice}=native`);
  const missing = await prepareContainers(say);
  const [fault] = Object.values(missing);
  if (fault !== undefined && provider === undefined) return native(fault);
  say('integration tests run on containers');
  const missingNatively = await prepareNative(['kafka', 'redis', 'haproxy']);
  return { provider: 'containers', missing, missingNatively };
}

async function native(reason: string): Promise<Found> {
  say(`integration tests run on native processes, not on containers: ${reason}`);
  return { provider: 'native', missing: await prepareNative() };
}

/** Our own image, where servers are containers, unless told otherwise. Who asks for it by name gets no other. */
async function imageFor(
  { provider, directory }: Provision,
  choice: 'image' | 'dist' | undefined,
): Promise<string | undefined> {
  if (choice === 'dist' || (choice === undefined && provider === 'native')) return undefined;
  if (provider === 'native')
    throw new Error(
      `${programsChoice}=image: the servers run on native processes, so programs cannot run in containers`,
    );
  const built = await buildImage(directory, say);
  if ('image' in built) return built.image;
  if (choice === 'image') throw new Error(`${programsChoice}=image: ${built.fault}`);
  say(`programs run as they were built for this machine, not from our own image: ${built.fault}`);
  return undefined;
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
