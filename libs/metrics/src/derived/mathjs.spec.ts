import { compileDerived } from '..';

let mockLoaded = 0;

jest.mock('mathjs/number', () => {
  mockLoaded++;
  return jest.requireActual<object>('mathjs/number');
});

describe('mathjs', () => {
  it('is loaded by whom compiles formulas, not by whom imports the lib', () => {
    expect(mockLoaded).toBe(0);
    compileDerived([], { semantics: 'exact', percentages: false });
    expect(mockLoaded).toBe(1);
  });
});
