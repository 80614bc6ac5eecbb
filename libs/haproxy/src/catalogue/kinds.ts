import { rowKinds } from '../field';

/** Lists of kinds that many fields have in common. */
export const everywhere = rowKinds;
export const exceptListeners = ['frontend', 'backend', 'server'] as const;
export const proxies = ['frontend', 'backend'] as const;
/** Where requests come in. */
export const receiving = ['frontend', 'listener'] as const;
/** Where requests are balanced to. */
export const balanced = ['backend', 'server'] as const;
export const frontends = ['frontend'] as const;
export const backends = ['backend'] as const;
export const servers = ['server'] as const;
export const listeners = ['listener'] as const;
export const nameservers = ['nameserver'] as const;
export const daemon = ['daemon'] as const;
