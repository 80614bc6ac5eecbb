import { LastTold } from './last-told';

describe('LastTold', () => {
  it('tells what begins, changes and ends, once each, and nothing of what is well from the start', () => {
    const told = new LastTold();
    const facts = ['', 'a', 'a', 'b', '', '', 'b'];
    expect(facts.map((fact) => told.isNews('lb1', fact))).toEqual([
      false,
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
  });

  it('keeps names apart', () => {
    const told = new LastTold();
    expect([told.isNews('lb1', 'a'), told.isNews('lb2', 'a'), told.isNews('lb1', 'a')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('forgets the name told longest ago where there are too many', () => {
    const told = new LastTold(2);
    for (const name of ['lb1', 'lb2', 'lb3']) told.isNews(name, 'a');
    told.isNews('lb2', 'b');
    told.isNews('lb4', 'a');
    expect(['lb2', 'lb4'].map((name) => told.isNews(name, name === 'lb2' ? 'b' : 'a'))).toEqual([
      false,
      false,
    ]);
    expect(['lb1', 'lb3'].map((name) => told.isNews(name, 'a'))).toEqual([true, true]);
  });
});
