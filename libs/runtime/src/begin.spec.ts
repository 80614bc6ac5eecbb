import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const hooks = resolve(__dirname, '../../../test/support/typescript-hooks.cjs');

/** Runs code as a program of ours would: what it prints, and how it ended. */
function run(code: string) {
  const args = ['--require', hooks, '--eval', code];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { stdout, stderr, status, signal };
}

describe('begin', () => {
  const load = "const { begin, stopSignal, silentLogger } = require('@haproxystats/runtime');";
  const told = "process.kill(process.pid, 'SIGTERM');";
  const obey = 'const signal = stopSignal({ start: () => undefined }, silentLogger);';
  const say =
    'const end = () => { console.log(signal.aborted); process.exit(); }; signal.onabort = end; setTimeout(end, 5000);';

  it('keeps a signal that comes while the program still loads until it can be obeyed', () => {
    expect(run([load, 'begin();', told, obey, say].join('\n'))).toMatchObject({
      stdout: 'true\n',
      status: 0,
    });
    expect(run([load, told, obey, say].join('\n'))).toMatchObject({ stdout: '', signal: 'SIGTERM' });
  });

  it('ends the program on a Node.js that is too old, and says which one it needs', () => {
    const old = "Object.defineProperty(process.versions, 'node', { value: '20.10.0' });";
    expect(run([load, old, 'begin();', "console.log('on');"].join('\n'))).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^haproxystats needs Node\.js 24 or newer, this is 20\.10\.0/) as string,
      status: 1,
    });
  });
});
