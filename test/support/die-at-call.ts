import promises, { type FileHandle } from 'node:fs/promises';

type Call = (...args: never[]) => Promise<unknown>;

const calls = ['appendFile', 'link', 'mkdir', 'open', 'readdir', 'rename', 'rm', 'unlink', 'utimes'] as const;
const callsOfFiles = ['close', 'datasync', 'readFile', 'stat', 'sync', 'write', 'writev'] as const;

/** This process dies, as by kill -9, at its `last`-th asynchronous call to the file system: before the odd ones, behind the even ones. */
export function dieAtCall(last: number): void {
  let made = 0;
  const die = (): void => void process.kill(process.pid, 'SIGKILL');
  const counted = (call: Call): Call => {
    return async (...args) => {
      const isLast = ++made === last;
      if (isLast && last % 2 === 1) die();
      const result = await call(...args);
      if (isLast) die();
      return isFile(result) ? ofFile(result) : result;
    };
  };
  const replaceIn = (place: object, names: readonly string[]): void => {
    const methods = place as Record<string, Call>;
    for (const name of names) methods[name] = counted(methods[name]!.bind(place));
  };
  const ofFile = (file: FileHandle): FileHandle => {
    replaceIn(file, callsOfFiles);
    return file;
  };
  replaceIn(promises, calls);
}

function isFile(result: unknown): result is FileHandle {
  return typeof result === 'object' && result !== null && 'datasync' in result;
}
