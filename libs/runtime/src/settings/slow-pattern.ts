import { withinTime } from '../within-time';

/** What a pattern may take for a name; a good one takes microseconds. */
const limitMs = 1000;
/** What a name can be made of where patterns are asked: other characters have become `_`. */
const nameCharacters = ['a', 'A', '0', '_', '-', ':'];
/** Long enough that a pattern that doubles its work with each repetition does not end. */
const repetitions = 40;
const maxLength = 240;

/**
 * A name for which an expression takes more than a second; undefined where none is found. Such expressions can match a text in so many
 * ways that trying them all takes for ever: those that repeat what is itself repeated. They show with a text that repeats what they look
 * for and then ends otherwise.
 */
export function slowName(expression: RegExp): string | undefined {
  let tried = '';
  const done = withinTime(limitMs, () => {
    for (tried of probesFor(expression)) expression.test(tried);
    return true;
  });
  return done ? undefined : tried;
}

function* probesFor({ source }: RegExp): Generator<string> {
  const words = source.match(/[\w:-]+/g) ?? [];
  for (const word of new Set([...nameCharacters, ...words])) {
    const begin = word.repeat(repetitions).slice(0, maxLength);
    for (const end of nameCharacters) yield begin + end;
  }
}
