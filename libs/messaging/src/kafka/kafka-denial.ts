/** The broker refuses for want of rights; the message names the resource and the operation. */
export class KafkaDenial extends Error {
  override readonly name = 'KafkaDenial';
}

/** Settles as `ask` does, but rejects with KafkaDenial where the broker says that the client lacks a right. */
export async function permitted<T>(
  { operation, resource }: { readonly operation: string; readonly resource: string },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const type = denialType(error);
    if (type === undefined) throw error;
    throw new KafkaDenial(`${resource}: the broker denies ${operation} (${type}); grant it to this client`, {
      cause: error,
    });
  }
}

/** kafkajs' name for the missing right, also where kafkajs has wrapped the broker's answer; undefined for any other error. */
export function denialType(error: unknown): string | undefined {
  for (let candidate = error; candidate instanceof Error; candidate = candidate.cause) {
    const { type } = candidate as { type?: unknown };
    if (typeof type === 'string' && type.endsWith('_AUTHORIZATION_FAILED')) return type;
  }
  return undefined;
}
