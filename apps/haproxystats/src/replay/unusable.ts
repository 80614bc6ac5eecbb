/** What stands in a file or directory cannot be used; the message says why, and goes behind the name of what it is about. */
export class UnusableError extends Error {
  override readonly name = 'UnusableError';
}
