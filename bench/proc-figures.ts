import { readFileSync } from 'node:fs';

/** Of /proc/PID/stat; `getconf CLK_TCK` on every Linux. */
const ticksPerSecond = 100;

/** What a process has used so far, of all its threads. */
export function cpuSecondsOf(pid: number): number {
  const fields = procFile(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The most memory that a process had at one time. */
export function peakRssMegabytesOf(pid: number): number {
  return (Number(/VmHWM:\s+(\d+)/.exec(procFile(pid, 'status'))?.[1]) * 1_024) / 1e6;
}

function procFile(pid: number, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, 'latin1');
}
