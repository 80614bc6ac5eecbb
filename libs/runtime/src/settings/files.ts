import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './fault';
import { parseIni, type Ini } from './ini';

const utf8 = new TextDecoder();
/** What the decoder puts where bytes are no UTF-8. */
const undecodable = '\ufffd';

/** The file as a layer. An absent one is an empty layer and a warning, as with the original; one that can't be read is a fault. */
export function readLayer(file: string, findings: Findings): Ini {
  try {
    return decode(readFileSync(file), file, findings);
  } catch (error) {
    const whole = { file, line: 0 };
    if (isAbsent(error)) findings.warn(whole, 'there is no such file: the defaults are used');
    else findings.refuse(whole, `cannot be read: ${reasonOf(error)}`);
    return new Map();
  }
}

/** One layer per `*.conf` of the directory, by name; hidden files are left out. */
export function readLayers(dir: string, findings: Findings): Ini[] {
  try {
    const names = readdirSync(dir).filter((name) => name.endsWith('.conf') && !name.startsWith('.'));
    return names.sort().map((name) => readLayer(join(dir, name), findings));
  } catch (error) {
    const reason = isAbsent(error) ? 'there is no such directory' : `cannot be read: ${reasonOf(error)}`;
    findings.refuse({ file: dir, line: 0 }, `${reason}: it should hold the *.conf files`);
    return [];
  }
}

function decode(bytes: Buffer, file: string, findings: Findings): Ini {
  const { ini, faults } = parseIni(utf8.decode(bytes), file);
  findings.faults.push(...faults);
  for (const [key, entry] of [...ini.values()].flatMap(({ entries }) => [...entries])) {
    if (key.includes(undecodable) || entry.value.includes(undecodable)) {
      findings.refuse(entry, 'is not UTF-8 text');
    }
  }
  return ini;
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function reasonOf(error: unknown): string {
  return (error as Error).message;
}
