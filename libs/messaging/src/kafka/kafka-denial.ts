import { denialType } from './kafka-refusal';

/** The brokers refuse for want of a right; the message names the resource and the operation. */
export class KafkaDenial extends Error {
  override readonly name = 'KafkaDenial';
}

/** Settles as `ask` does, but rejects with KafkaDenial where the brokers say that the client lacks a right. */
export async function permitted<T>(
  { operation, resource }: { readonly operation: string; readonly resource: string },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const type = denialType(error);
    if (type === undefined) throw error;
    throw new KafkaDenial(`${resource}: the brokers deny ${operation} (${type}); grant it to this client`, {
      cause: error,
    });
  }
}
