/** A node to generate: every backend has a frontend of its own. */
export interface NodeSize {
  readonly backends: number;
  /** Per backend. */
  readonly servers: number;
  readonly processes: number;
}

export interface ProcessAnswer {
  readonly info: Buffer;
  readonly stat: Buffer;
}

/** The columns of HAProxy 2.6, in its order; those that are not listed below stay blank. */
const columns =
  'pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake'.split(
    ',',
  );
const header = `# ${columns.join(',')},\n`;

/** What HAProxy prints in columns that are no numbers. */
const texts: Readonly<Record<string, string>> = { mode: 'http', '-': '' };
const backendTexts: Readonly<Record<string, string>> = { ...texts, status: 'UP', algo: 'roundrobin' };
const serverTexts: Readonly<Record<string, string>> = {
  ...texts,
  status: 'UP',
  check_status: 'L7OK',
  check_code: '200',
  last_chk: 'OK',
  check_desc: 'Layer7 check passed',
};
const textsOf: readonly Readonly<Record<string, string>>[] = [
  { ...texts, status: 'OPEN' },
  backendTexts,
  serverTexts,
];
const blank = new Set(
  'slim qlimit tracked rate_lim throttle last_agt agent_status agent_code agent_duration agent_desc agent_rise agent_fall agent_health cookie algo src_ilim'.split(
    ' ',
  ),
);
const serversOnly = new Set(
  'chkfail hanafail check_status check_code check_duration last_chk check_desc check_rise check_fall check_health addr srv_icur idle_conn_cur safe_conn_cur used_conn_cur need_conn_est'.split(
    ' ',
  ),
);
const frontendsOnly = new Set(
  'ereq req_rate req_rate_max conn_rate conn_rate_max conn_tot dcon dses'.split(' '),
);
const notOfFrontends = new Set(
  'qcur qmax econ eresp wretr wredis weight act bck chkdown lastchg downtime lbtot cli_abrt srv_abrt lastsess qtime ctime rtime ttime connect reuse qtime_max ctime_max rtime_max ttime_max uweight'.split(
    ' ',
  ),
);
const notOfServers = new Set(
  'comp_in comp_out comp_byp comp_rsp intercepted cache_lookups cache_hits dreq agg_server_status'.split(' '),
);
const small = new Set(
  'qcur qmax scur smax weight uweight act bck qtime ctime rtime ttime rate rate_max lastsess check_rise check_fall check_health pid'.split(
    ' ',
  ),
);
/** What goes wrong now and then, and what is configured. */
const rare = new Set(
  'dreq dresp ereq econ eresp wretr wredis chkfail chkdown hanafail hrsp_1xx hrsp_other hrsp_3xx dcon dses wrew eint iid sid intercepted comp_byp cache_lookups cache_hits agg_server_status idle_conn_cur safe_conn_cur used_conn_cur need_conn_est srv_icur check_rise check_fall check_health pid act bck ssl_failed_handshake qcur'.split(
    ' ',
  ),
);
const bytes = new Set('bin bout comp_in comp_out comp_byp'.split(' '));

/** Numbers that look busy, the same for the same seed. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

/** What the processes of a node say at one poll: other counters at every poll; the rows in another order where `shuffled`. */
export function answersOf(
  size: NodeSize,
  { poll, shuffled }: { poll: number; shuffled: boolean },
): ProcessAnswer[] {
  return Array.from({ length: size.processes }, (_, process) => {
    const random = numbers(poll * 1_000 + process + 1);
    const rows = [...rowsOf(size, random)];
    if (shuffled) shuffle(rows, random);
    return { info: infoOf(random), stat: Buffer.from(header + rows.join('')) };
  });
}

function* rowsOf({ backends, servers }: NodeSize, random: Iterator<number, never>): Generator<string> {
  for (let i = 0; i < backends; i++)
    yield row({ proxy: `frontend-${i}`, server: 'FRONTEND', type: 0 }, random);
  for (let i = 0; i < backends; i++) {
    for (let s = 0; s < servers; s++) {
      const addr = `10.${i >> 8}.${i & 255}.${s}:8080`;
      yield row({ proxy: `backend-${i}`, server: `server-${s}.example.com`, type: 2, addr }, random);
    }
    yield row({ proxy: `backend-${i}`, server: 'BACKEND', type: 1 }, random);
  }
}

interface RowFacts {
  readonly proxy: string;
  readonly server: string;
  readonly type: number;
  readonly addr?: string;
}

function row({ proxy, server, type, addr = '' }: RowFacts, random: Iterator<number, never>): string {
  const fixed: Readonly<Record<string, string>> = {
    ...textsOf[type],
    pxname: proxy,
    svname: server,
    type: String(type),
    addr,
  };
  const cells = columns.map((column) => fixed[column] ?? numberIn(column, type, random));
  return `${cells.join(',')},\n`;
}

/** Blank where HAProxy prints nothing. Those of a column are of about the same size, as for servers that share the work. */
function numberIn(column: string, type: number, random: Iterator<number, never>): string {
  if (isBlank(column, type)) return '';
  const number = random.next().value;
  if (rare.has(column)) return String(number % 5 === 0 ? number % 97 : 0);
  return String(Math.floor((number / 2 ** 32) * 10 ** digitsOf(column)));
}

/** Some days after the start of a load balancer. */
function digitsOf(column: string): number {
  if (bytes.has(column)) return 11;
  return small.has(column) ? 2 + (column.length % 2) : 4 + (column.length % 4);
}

function isBlank(column: string, type: number): boolean {
  if (blank.has(column)) return true;
  if (serversOnly.has(column)) return type !== 2;
  if (notOfServers.has(column)) return type === 2;
  return type === 0 ? notOfFrontends.has(column) : frontendsOnly.has(column);
}

function shuffle(rows: string[], random: Iterator<number, never>): void {
  for (let i = rows.length - 1; i > 0; i--) {
    const j = random.next().value % (i + 1);
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
}

function infoOf(random: Iterator<number, never>): Buffer {
  const fields = 'Maxconn CurrConns CumConns CumReq ConnRate SessRate Tasks Run_queue Uptime_sec'.split(' ');
  const pid = `Pid: ${random.next().value % 2 ** 22}`;
  const lines = fields.map((name) => `${name}: ${random.next().value}`);
  return Buffer.from(['Name: HAProxy', 'Version: 2.6.12', pid, ...lines, 'Idle_pct: 87', ''].join('\n'));
}
