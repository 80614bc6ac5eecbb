import fs, { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryFault } from './directory-access';

describe('a directory for files of ours', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'directory-access-'));
    mkdirSync(join(root, 'there'));
    writeFileSync(join(root, 'file'), '');
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(root, { recursive: true });
  });

  const refused = (name: string): string => directoryFault(join(root, name))!.replaceAll(root, '');
  const granted = "read and write access is not granted for directory '";

  it('may be there, or be made', () => {
    symlinkSync(join(root, 'there'), join(root, 'link'));
    const faults = ['there', 'there/', 'link', 'absent', 'there/a/b/c'].map((name) =>
      directoryFault(join(root, name)),
    );
    expect(faults).toEqual(faults.map(() => undefined));
    expect(readdirSync(root).sort()).toEqual(['file', 'link', 'there']);
    expect(readdirSync(join(root, 'there'))).toEqual([]);
  });

  it('is not a file, nor below one', () => {
    expect(refused('file')).toBe(`${granted}/file': '/file' is not a directory`);
    expect(refused('file/a/b')).toBe(
      `${granted}/file/a/b': it does not exist and cannot be made in '/file': '/file' is not a directory`,
    );
  });

  it('is not reached by links that go round', () => {
    symlinkSync(join(root, 'b'), join(root, 'a'));
    symlinkSync(join(root, 'a'), join(root, 'b'));
    expect(refused('a')).toContain('ELOOP');
  });

  it('must let this user in', () => {
    jest.spyOn(fs, 'accessSync').mockImplementation((path) => {
      throw Object.assign(new Error(`EACCES: permission denied, access '${String(path)}'`), {
        syscall: 'access',
      });
    });
    const asUser = `as user id ${process.getuid?.()}`;
    expect(refused('there')).toBe(`${granted}/there': EACCES: permission denied, access '/there', ${asUser}`);
    expect(refused('there/in')).toBe(
      `${granted}/there/in': it does not exist and cannot be made in '/there': EACCES: permission denied, access '/there', ${asUser}`,
    );
  });
});
