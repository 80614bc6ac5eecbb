import { nodeComplaint } from './node-version';

describe('nodeComplaint', () => {
  it.each(['24.0.0', '24.21.0', '100.1.0'])('says nothing of %s', (version) => {
    expect(nodeComplaint(version)).toBeUndefined();
  });

  it.each(['20.20.2', '22.23.0', '9.0.0'])('says what %s lacks and what to do', (version) => {
    expect(nodeComplaint(version)).toMatch(`needs Node.js 24 or newer, this is ${version}`);
    expect(nodeComplaint(version)).toMatch('npm start');
  });
});
