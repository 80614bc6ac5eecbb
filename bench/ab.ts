import { StatScanner as New } from '../libs/haproxy/src/stat-scanner';
import { StatScanner as Old } from './old-scanner';
import { columnUse } from '../libs/metrics/src/field-rules';
import { readFileSync } from 'node:fs';
const texts = ['stat0', 'gold'].map((n) => readFileSync(`/tmp/scan/${n}.csv`));
const ss = { old: new Old((name) => columnUse(name, 'exact')), new: new New((name) => columnUse(name, 'exact')) };
const once = (scanner: any, csv: Buffer) => { let n = 0; scanner.begin(csv, scanner.layoutOf(csv)); while (scanner.next()) n += scanner.rows.count; return n; };
const best: any = {};
for (let k = 0; k < 30; k++) for (const [name, s] of Object.entries(ss)) texts.forEach((csv, t) => {
  const b = performance.now(); let n = 0; for (let i = 0; i < 10; i++) n += once(s, csv);
  const r = n / (performance.now() - b) * 1000; (best[name + t] ??= []).push(r);
});
for (const [k, v] of Object.entries(best) as any) { v.sort((a: number, b: number) => a - b); console.log(k, 'median', Math.round(v[15]), 'best', Math.round(v[29])); }
