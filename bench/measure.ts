/** The middle one of several runs. */
export interface Measurement {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

const warmUps = 3;
const runs = 5;

/** Runs `work(i)` three times to warm up, then five times; by its number it can take other input each time. */
export async function measure(work: (run: number) => unknown): Promise<Measurement> {
  for (let run = 0; run < warmUps; run++) await work(run);
  const measured: Measurement[] = [];
  for (let run = 0; run < runs; run++) measured.push(await once(() => work(warmUps + run)));
  return { cpuSeconds: middle(measured, 'cpuSeconds'), wallSeconds: middle(measured, 'wallSeconds') };
}

async function once(work: () => unknown): Promise<Measurement> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const wallSeconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuSeconds: (user + system) / 1e6, wallSeconds };
}

function middle(measured: readonly Measurement[], key: keyof Measurement): number {
  return measured.map((each) => each[key]).sort((a, b) => a - b)[Math.floor(measured.length / 2)]!;
}
