const suffixes = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** `256Mi` -> bytes. */
export function bytesOf(quantity: string | number): number {
  const [, digits, suffix = ''] = /^(\d+)([KMGT]i)?$/.exec(String(quantity)) ?? [];
  if (digits === undefined) throw new Error(`'${quantity}' is no number of bytes as k8s/ writes them`);
  return Number(digits) * suffixes[suffix as keyof typeof suffixes];
}

/** `250m` -> 0.25. */
export function coresOf(quantity: string | number): number {
  const [, digits, milli] = /^(\d+)(m)?$/.exec(String(quantity)) ?? [];
  if (digits === undefined) throw new Error(`'${quantity}' is no number of cores as k8s/ writes them`);
  return milli ? Number(digits) / 1000 : Number(digits);
}
