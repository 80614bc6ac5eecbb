import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../harness';

const run = promisify(execFile);
const root = join(__dirname, '..', '..');
const mostOutput = 64 * 1024 * 1024;

/** A line of one of our programs, and what else it says. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
}

/** docker-compose.yml as a project of its own, with ports of its own. */
export class Composed {
  private constructor(
    private readonly profile: 'demo' | 'tls',
    private readonly project: string,
    readonly ports: { readonly graphite: number; readonly kafka: number; readonly registry: number },
  ) {}

  static async of(profile: 'demo' | 'tls'): Promise<Composed> {
    const [graphite, kafka, registry] = [await freePort(), await freePort(), await freePort()];
    return new Composed(profile, `haproxystats-${profile}-${process.pid}`, { graphite, kafka, registry });
  }

  /** `docker compose` with these arguments; what it writes to standard output. Rejects with what it says otherwise. */
  async compose(...args: string[]): Promise<string> {
    const { graphite, kafka, registry } = this.ports;
    const ports = { GRAPHITE_PORT: `${graphite}`, KAFKA_PORT: `${kafka}`, REGISTRY_PORT: `${registry}` };
    const all = ['compose', '--project-name', this.project, '--profile', this.profile, ...args];
    const env = { ...process.env, ...ports };
    const { stdout } = await run('docker', all, { cwd: root, env, maxBuffer: mostOutput });
    return stdout;
  }

  /** What people type. Resolves when everything is healthy, and the jobs are done. */
  async up(): Promise<void> {
    await this.compose('up', '--build', '--detach', '--wait', '--wait-timeout', '600');
  }

  exec(service: string, ...command: string[]): Promise<string> {
    return this.compose('exec', '--no-TTY', service, ...command);
  }

  /** A program once more, beside or in place of the one of this service, until it is removed; returns its container. */
  async runAside(service: string, options: string[], ...command: string[]): Promise<string> {
    const id = await this.compose('run', '--no-deps', '--detach', ...options, service, ...command);
    return id.trim();
  }

  /** Of all services, or of these. */
  async logs(...services: string[]): Promise<string> {
    const text = await this.compose('logs', '--no-color', '--no-log-prefix', ...services);
    // Compose sends this to terminals only, or so it means to.
    return text.replaceAll('\x1b[2K', '');
  }

  async logLines(...services: string[]): Promise<LogLine[]> {
    const lines = (await this.logs(...services)).split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Containers, networks and volumes of this project, those of no name among them. */
  async belongings(): Promise<string[]> {
    const ofProject = ['--filter', `label=com.docker.compose.project=${this.project}`, '--quiet'];
    const containers = await words('ps', '--all', ...ofProject);
    const mounts = containers.length === 0 ? [] : await words('inspect', '--format', volumes, ...containers);
    return [
      ...containers,
      ...(await words('network', 'ls', ...ofProject)),
      ...new Set([...mounts, ...(await words('volume', 'ls', ...ofProject))]),
    ];
  }

  /** Resolves with what is left of what there was. */
  async down(): Promise<string[]> {
    const before = await this.belongings();
    await this.compose('down', '--volumes', '--timeout', '30');
    const all = [
      ...(await words('ps', '--all', '--quiet')),
      ...(await words('network', 'ls', '--quiet')),
      ...(await words('volume', 'ls', '--quiet')),
    ];
    return [...before.filter((one) => all.includes(one)), ...(await this.belongings())];
  }
}

const volumes = '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';

/** What `docker` prints, word by word. */
export async function words(...args: string[]): Promise<string[]> {
  const { stdout } = await run('docker', args, { maxBuffer: mostOutput });
  return stdout.split(/\s+/).filter((word) => word !== '');
}

/** What a container has logged. */
export async function logOf(container: string): Promise<string> {
  const { stdout, stderr } = await run('docker', ['logs', container], { maxBuffer: mostOutput });
  return stdout + stderr;
}
