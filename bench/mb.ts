import { ProcessMerger } from '@haproxystats/metrics';
import { StatScanner } from '@haproxystats/haproxy';
import { answersOf } from './snapshots';
const which = process.argv[2] ?? 'all';
const sizes = [{ backends: 10, servers: 5, processes: 4 },{ backends: 300, servers: 10, processes: 4 },{ backends: 1000, servers: 20, processes: 4 }];
const merger = new ProcessMerger({ semantics: (process.argv[4] as any) ?? 'exact', now: () => performance.now() });
for (const size of sizes) {
  if (process.argv[3] && size.backends !== Number(process.argv[3])) continue;
  const polls = Array.from({length: 4}, (_, poll) => answersOf(size, { poll, shuffled: false }));
  const rows = polls[0]!.reduce((s, { stat }) => s + stat.toString('latin1').split('\n').length - 2, 0);
  const bytes = polls[0]!.reduce((s, { stat }) => s + stat.length, 0);
  const loops = Math.ceil(200_000 / rows);
  const times: number[] = [];
  let t: any = { };
  for (let run = 0; run < Number(process.env.RUNS ?? 14); run++) {
    const begun = process.cpuUsage();
    for (let i = 0; i < loops; i++) {
      const m = merger.merge(polls[(run + i) % 4]!.map(({ info, stat }, p) => ({ process: `p${p}`, info, stats: [stat] })));
      t = m.timings;
      if (run === 0 && i === 0) console.log(m.tables.map((x) => `${x.kind} ${x.proxies.length}x${x.columns.length}+${x.texts.length}`).join(' '));
    }
    const { user, system } = process.cpuUsage(begun);
    times.push((user + system) / 1e6);
  }
  const best = times.slice(4).sort((a, b) => a - b)[5]!;
  console.log(size.backends, 'rows', rows, 'B/row', bytes / rows | 0, 'rows/s', Math.round(rows * loops / best), Object.entries(t).map(([k, v]) => `${k} ${((v as number) / rows * 1e6).toFixed(0)}ns`).join(' '), 'rss', process.memoryUsage.rss() / 1e6 | 0);
}
