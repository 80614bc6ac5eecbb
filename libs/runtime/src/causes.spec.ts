import { runInNewContext } from 'node:vm';
import { causesOf } from './causes';

it('are all errors that led to one, also those of another realm', () => {
  const foreign = runInNewContext("new Error('first')") as Error;
  const error = new Error('last', { cause: new Error('second', { cause: foreign }) });
  expect([...causesOf(error)].map(({ message }) => message)).toEqual(['last', 'second', 'first']);
  expect([...causesOf('no error')]).toEqual([]);
});

it('come to an end where one is its own cause', () => {
  const error = new Error('snake');
  error.cause = error;
  expect([...causesOf(error)].length).toBeLessThan(100);
});
