import { ProcessMerger, NodeHistory } from '@haproxystats/metrics';
import { metricsOf } from './merged-node';

export const intervalMs = 10_000;
const header = '# pxname,svname,stot,req_tot,ttime,scur,smax,type,mode,guid,\n';

type BackendNumbers = readonly [
  stot: number,
  requests: number,
  ttime?: number | '',
  scur?: number,
  smax?: number,
];

export interface Said {
  readonly process?: string;
  readonly pid?: number;
  readonly uptime: number;
  /** By backend. */
  readonly rows: Readonly<Record<string, BackendNumbers>>;
  readonly guid?: string;
  readonly CumReq?: number;
  readonly ConnRate?: readonly [now: number, max: number];
  readonly badRow?: boolean;
  readonly isStopping?: boolean;
}

/** A node whose polls are merged one after the other, ten seconds apart. */
export class PolledNode {
  readonly history = new NodeHistory();
  readonly #merger: ProcessMerger;

  constructor(rates: readonly string[] = ['stot', 'req_tot', 'CumReq']) {
    this.#merger = new ProcessMerger({
      semantics: 'exact',
      now: () => 0,
      rates,
      peaks: ['scur', 'ConnRate'],
    });
  }

  poll(slot: number, ...said: Said[]) {
    const asked = { slot: slot * intervalMs, intervalMs, askedAt: slot * intervalMs };
    const texts = said.map((each) => ({
      process: each.process ?? '/run/p',
      asked,
      info: Buffer.from(infoOf(each)),
      stats: [Buffer.from(statOf(each))],
    }));
    const { tables } = this.#merger.merge(texts, { expected: texts.length, history: this.history });
    return {
      daemon: () => metricsOf(tables, 'daemon', ''),
      process: (name: string) => metricsOf(tables, 'process', name),
      backend: (name: string) => metricsOf(tables, 'backend', name),
      rateOf: (name: string) => metricsOf(tables, 'backend', name)['stot_rate'],
    };
  }
}

function infoOf({ pid = 7, uptime, CumReq, ConnRate, isStopping = false }: Said): string {
  const requests = CumReq === undefined ? '' : `CumReq: ${CumReq}\n`;
  const rate = ConnRate === undefined ? '' : `ConnRate: ${ConnRate[0]}\nMaxConnRate: ${ConnRate[1]}\n`;
  return `Pid: ${pid}\nUptime_sec: ${uptime}\nStopping: ${isStopping ? 1 : 0}\n${requests}${rate}`;
}

function statOf({ rows, guid = '', badRow = false }: Said): string {
  const lines = Object.entries(rows).map(
    ([name, [stot, requests, ttime = '', scur = '', smax = '']]) =>
      `${name},BACKEND,${stot},${requests},${ttime},${scur},${smax},1,http,${guid},\n`,
  );
  return header + lines.join('') + (badRow ? 'x,BACKEND,1,1,1,,,9,http,,\n' : '');
}
