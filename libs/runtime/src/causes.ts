/** Nobody wraps an error more often; a chain that bites its tail ends. */
const deepest = 20;

/** The error, and what it was caused by, outermost first; nothing of what is no error. It may be of another realm, as tests have them. */
export function* causesOf(error: unknown): Generator<Error> {
  let candidate = error;
  for (let depth = 0; depth < deepest && isError(candidate); depth++) {
    yield candidate;
    candidate = candidate.cause;
  }
}

function isError(value: unknown): value is Error {
  return (
    typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
  );
}
