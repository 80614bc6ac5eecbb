/** A processor dies here: nothing of it goes on. */
export class Crash extends Error {
  override readonly name = 'Crash';
}
