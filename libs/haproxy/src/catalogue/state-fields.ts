import type { FieldGroup } from './field-group';
import { backends, balanced, everywhere, listeners, servers } from './kinds';

/** Names, configuration, health and state of proxies, servers and listeners. */
export const stateFields: readonly FieldGroup[] = [
  { kinds: everywhere, tag: 'KNS', since: '1.4', rule: 'key', names: 'pxname svname' },
  { kinds: everywhere, tag: 'CGS', nature: 'identifier', since: '1.4', rule: 'key', names: 'type' },
  { kinds: everywhere, tag: 'KGP', nature: 'identifier', since: '1.4', rule: 'drop', names: 'pid' },
  { kinds: everywhere, tag: 'KGS', nature: 'identifier', since: '1.4', rule: 'drop', names: 'iid sid' },
  {
    kinds: servers,
    tag: 'MCP',
    nature: 'identifier',
    since: '2.8',
    rule: 'max',
    nodes: 'same',
    names: 'srid',
  },

  { kinds: everywhere, tag: 'CGS', nature: 'text', since: '1.7', rule: 'text', names: 'mode' },
  { kinds: listeners, tag: 'SGP', nature: 'text', since: '2.8', rule: 'text', names: 'proto' },
  { kinds: ['server', 'listener'], tag: 'CGS', nature: 'text', since: '1.7', rule: 'text', names: 'addr' },
  { kinds: balanced, tag: 'CNS', since: '1.7', rule: 'text', names: 'cookie' },
  { kinds: backends, tag: 'CGS', nature: 'text', since: '1.7', rule: 'text', names: 'algo' },
  { kinds: servers, tag: 'CNS', since: '1.4', rule: 'text', names: 'tracked' },

  { kinds: everywhere, tag: 'SGP', nature: 'text', since: '1.4', rule: 'status', names: 'status' },
  { kinds: balanced, tag: 'MAP', since: '1.4', unit: 'seconds', rule: 'age', names: 'lastchg' },
  {
    kinds: balanced,
    tag: 'MCP',
    nature: 'duration',
    since: '1.4',
    unit: 'seconds',
    rule: 'max',
    names: 'downtime',
  },
  // The servers of a backend that are up; on a server's own row its role, which the configuration gives.
  { kinds: backends, tag: 'MGP', since: '1.4', rule: 'minMax', names: 'act bck' },
  { kinds: servers, tag: 'SGP', nature: 'setting', since: '1.4', rule: 'same', names: 'act bck' },
  { kinds: balanced, tag: 'MaP', since: '1.4', rule: 'minMaxMean', names: 'weight' },
  { kinds: balanced, tag: 'MaP', since: '2.3', rule: 'minMaxMean', names: 'uweight' },
  { kinds: servers, tag: 'MaP', since: '1.4', unit: 'percent', rule: 'throttle', names: 'throttle' },
  // HAProxy's command line prints 0 for these: only its own Prometheus exporter computes them.
  { kinds: backends, tag: 'MGP', since: '2.5', rule: 'drop', names: 'agg_server_check_status' },
  { kinds: backends, tag: 'MGP', since: '2.8', rule: 'drop', names: 'agg_server_status agg_check_status' },

  { kinds: servers, tag: 'MCP', since: '1.4', rule: 'sumMax', names: 'chkfail' },
  { kinds: balanced, tag: 'MCP', since: '1.4', rule: 'sumMax', names: 'chkdown' },
  { kinds: servers, tag: 'MCP', since: '1.4', rule: 'sum', names: 'hanafail' },
  { kinds: servers, tag: 'MOP', since: '1.4', rule: 'worst', names: 'check_status check_code' },
  { kinds: servers, tag: 'MOP', since: '1.5', rule: 'worst', names: 'last_chk' },
  { kinds: servers, tag: 'MOP', since: '1.7', rule: 'worst', names: 'check_desc' },
  { kinds: servers, tag: 'MDP', since: '1.4', unit: 'milliseconds', rule: 'max', names: 'check_duration' },
  {
    kinds: servers,
    tag: 'CGS',
    nature: 'setting',
    since: '1.7',
    rule: 'same',
    names: 'check_rise check_fall',
  },
  { kinds: servers, tag: 'CGS', since: '1.7', rule: 'min', names: 'check_health' },
  { kinds: servers, tag: 'MOP', since: '1.7', rule: 'worst', names: 'agent_status agent_code agent_desc' },
  { kinds: servers, tag: 'MOP', since: '1.5', rule: 'worst', names: 'last_agt' },
  { kinds: servers, tag: 'MDP', since: '1.7', unit: 'milliseconds', rule: 'max', names: 'agent_duration' },
  {
    kinds: servers,
    tag: 'CGS',
    nature: 'setting',
    since: '1.7',
    rule: 'same',
    names: 'agent_rise agent_fall',
  },
  { kinds: servers, tag: 'CGS', since: '1.7', rule: 'min', names: 'agent_health' },
];
