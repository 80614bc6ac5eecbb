import type { ProxyMode } from '../site';
import { counters, type Counts } from './counts';

export type RowKind = 'frontend' | 'backend' | 'server';

/**
 * THE COLUMNS of `show stat` in HAProxy 3.4's order, as a build without TLS prints them.
 * Behind the colon: the rows that fill the column (Frontend, Backend, Server; a small letter: in HTTP mode only).
 */
const table = `
  pxname:FBS svname:FBS qcur:BS qmax:BS scur:FBS smax:FBS slim:FB stot:FBS bin:FBS bout:FBS dreq:FB
  dresp:FBS ereq:F econ:BS eresp:BS wretr:BS wredis:BS status:FBS weight:BS act:BS bck:BS chkfail:S
  chkdown:BS lastchg:BS downtime:BS qlimit: pid:FBS iid:FBS sid:FBS throttle: lbtot:BS tracked: type:FBS
  rate:FBS rate_lim:F rate_max:FBS check_status:S check_code:s check_duration:S hrsp_1xx:fbs hrsp_2xx:fbs
  hrsp_3xx:fbs hrsp_4xx:fbs hrsp_5xx:fbs hrsp_other:fbs hanafail:s req_rate:F req_rate_max:F req_tot:Fbs
  cli_abrt:BS srv_abrt:BS comp_in:FB comp_out:FB comp_byp:FB comp_rsp:FB lastsess:BS last_chk:s last_agt:
  qtime:BS ctime:BS rtime:BS ttime:BS agent_status: agent_code: agent_duration: check_desc:S agent_desc:
  check_rise:S check_fall:S check_health:S agent_rise: agent_fall: agent_health: addr:S cookie: mode:FBS
  algo:B conn_rate:F conn_rate_max:F conn_tot:F intercepted:f dcon:F dses:F wrew:FBS connect:BS reuse:BS
  cache_lookups:fb cache_hits:fb srv_icur:S src_ilim: qtime_max:BS ctime_max:BS rtime_max:BS ttime_max:BS
  eint:FBS idle_conn_cur:S safe_conn_cur:S used_conn_cur:S need_conn_est:S uweight:BS agg_server_status:B
  agg_server_check_status:B agg_check_status:B srid:S sess_other:F h1sess:F h2sess:F h3sess:F req_other:F
  h1req:F h2req:F h3req:F proto: priv_idle_cur:S reqbin:FBS reqbout:FBS resbin:FBS resbout:FBS -:FBS
  h2_headers_rcvd:FB h2_data_rcvd:FB h2_settings_rcvd:FB h2_rst_stream_rcvd:FB h2_goaway_rcvd:FB
  h2_detected_conn_protocol_errors:FB h2_detected_strm_protocol_errors:FB h2_rst_stream_resp:FB
  h2_goaway_resp:FB h2_open_connections:FB h2_backend_open_streams:FB h2_total_connections:FB
  h2_backend_total_streams:FB h1_open_connections:FB h1_open_streams:FB h1_total_connections:FB
  h1_total_streams:FB h1_bytes_in:FB h1_bytes_out:FB h1_spliced_bytes_in:FB h1_spliced_bytes_out:FB`;

const columns = table
  .trim()
  .split(/\s+/)
  .map((entry) => entry.split(':') as [name: string, rows: string]);

const indexOf = new Map(columns.map(([name], index) => [name, index]));
const letters = { frontend: 'F', backend: 'B', server: 'S' } as const;

/** The first line, with the comma HAProxy leaves at the end. */
export const statHeader = `# ${columns.map(([name]) => name).join(',')},\n`;

function emptyCells(kind: RowKind, mode: ProxyMode): readonly string[] {
  const letter = letters[kind];
  const filled = mode === 'http' ? [letter, letter.toLowerCase()] : [letter];
  return columns.map(([name, rows]) => {
    if (!filled.some((each) => rows.includes(each))) return '';
    return name === '-' ? '-' : '0';
  });
}

const empty = {
  frontend: { http: emptyCells('frontend', 'http'), tcp: emptyCells('frontend', 'tcp') },
  backend: { http: emptyCells('backend', 'http'), tcp: emptyCells('backend', 'tcp') },
  server: { http: emptyCells('server', 'http'), tcp: emptyCells('server', 'tcp') },
};

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export type Cells = Readonly<Record<string, number | string>>;

function fill(line: string[], cells: Cells): void {
  for (const name in cells) {
    const index = indexOf.get(name);
    if (index === undefined) throw new Error(`simulator: show stat has no column ${name}`);
    const cell = cells[name];
    if (line[index] !== '') line[index] = typeof cell === 'string' ? quoted(cell) : String(cell);
  }
}

/** The columns of `counters`, in their order. */
const counterIndexes = counters.map((counter) => indexOf.get(counter)!);

function fillCounts(line: string[], counts: Counts): void {
  for (let index = 0; index < counts.length; index++) {
    const column = counterIndexes[index]!;
    if (line[column] !== '') line[column] = String(counts[index]);
  }
}

export interface Row {
  readonly kind: RowKind;
  readonly mode: ProxyMode;
  readonly counts: Counts;
}

/**
 * One line; where a column is named twice, the later group holds, and any group above the counts. A column that does not apply to such a row stays blank,
 * one without a cell is 0; an unknown name throws.
 */
export function statLine({ kind, mode, counts }: Row, ...groups: readonly Cells[]): string {
  const line = empty[kind][mode].slice();
  fillCounts(line, counts);
  for (const cells of groups) fill(line, cells);
  return `${line.join(',')},\n`;
}
