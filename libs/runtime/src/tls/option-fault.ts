/** An option that cannot be used as it stands, with the reason and what to do. The message names the option's file, never what is in it. */
export class OptionFault extends Error {
  override readonly name = 'OptionFault';

  constructor(
    readonly section: string,
    readonly key: string,
    readonly reason: string,
  ) {
    super(`option '${key}' in section '${section}': ${reason}`);
  }
}

/** The faults that `read` throws as objections of a validator: none, or one. Other errors pass. */
export function objectionsOf(read: () => unknown): { section: string; key: string; message: string }[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof OptionFault)) throw error;
    return [{ section: error.section, key: error.key, message: error.reason }];
  }
}
