import { basename } from 'node:path';
import type { GenericContainer } from 'testcontainers';
import { provisionIfAny } from '../provision';
import { runLabel } from '../run-directory';
import type { ServerKind } from '../servers';
import { images } from './images';

/** A container that is to be started. (Loaded only where one is wanted: testcontainers takes half a second.) */
export async function newContainer(kind: ServerKind): Promise<GenericContainer> {
  const { GenericContainer: Container } = await import('testcontainers');
  return new Container(images[kind]).withLabels(labelsOfRun());
}

/** By them the reaper knows a container that it has to remove. */
export function labelsOfRun(): Record<string, string> {
  const provision = provisionIfAny();
  return provision ? { [runLabel]: basename(provision.directory) } : {};
}

/** Who owns the files that tests and containers share. */
export const ownUser = (): string => `${process.getuid!()}:${process.getgid!()}`;
