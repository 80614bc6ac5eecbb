/**
 * The schema registry did not give what was asked of it. The message names the subject or id, the registry and what to do, and holds no
 * secret.
 */
export class RegistryFault extends Error {
  override readonly name = 'RegistryFault';
}
