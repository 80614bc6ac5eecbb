import { StatScanner } from '@haproxystats/haproxy';
import { columnUse } from '../libs/metrics/src/field-rules';
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
const scanner = new StatScanner((name) => columnUse(name, 'exact'));
for (const name of ['stat0', 'gold']) {
const csv = readFileSync(`/tmp/scan/${name}.csv`);
const once = () => { let n = 0; scanner.begin(csv, scanner.layoutOf(csv)); while (scanner.next()) n += scanner.rows.count; return n; };
for (let i = 0; i < 60; i++) once();
let best = 0;
for (let k = 0; k < 8; k++) { const b = performance.now(); let n = 0; for (let i = 0; i < 10; i++) n += once(); const r = n / (performance.now() - b) * 1000; if (r > best) best = r; }
const c = Number(execFileSync('/tmp/scan/scanner', [`/tmp/scan/${name}.csv`]));
console.log(name, 'js', Math.round(best), 'c', c, 'factor', (c / best).toFixed(2));
}
