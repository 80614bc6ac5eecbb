import type { Setting } from './setting';

/** Those of the original. */
const defaultRateFields = [
  'CumConns CumReq CumSslConns SslCacheLookups SslCacheMisses',
  'stot conn_tot lbtot req_tot intercepted bin bout',
  'hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other',
  'dreq dresp dcon dses ereq econ eresp wretr wredis cli_abrt srv_abrt',
  'comp_in comp_out comp_byp comp_rsp',
].join(' ');

/** [process]: what is told of changes from poll to poll. */
export const changeSettings = [
  {
    section: 'process',
    key: 'rate-fields',
    type: 'list',
    separator: ' ',
    default: defaultRateFields,
    doc: 'Counters of which `<counter>_rate` is sent as well: what they rise by in a second, right over reloads, `clear counters` and nodes that come and go. Lists of metrics and formulas can name the rates of these. Each takes 8 bytes of memory a row and process. `none` = no rates. Not with `semantics = classic`.',
  },
  {
    section: 'process',
    key: 'peak-fields',
    type: 'list',
    separator: ' ',
    choices: [
      'none',
      ...['scur', 'qcur', 'rate', 'req_rate', 'conn_rate'],
      ...['ConnRate', 'SessRate', 'SslRate', 'SslFrontendKeyRate', 'SslBackendKeyRate'],
    ],
    default: 'scur qcur',
    doc: 'Gauges of which the most at one time since the poll before is sent as well, `<gauge>_peak`: HAProxy itself keeps the most since its start. `none` = no peaks. Not with `semantics = classic`.',
  },
] as const satisfies readonly Setting[];
