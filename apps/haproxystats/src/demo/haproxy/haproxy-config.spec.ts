import { siteOf } from '../site';
import { haproxyConfig } from './haproxy-config';

describe('haproxyConfig', () => {
  it('writes every proxy and server of the site', () => {
    const site = siteOf({ backends: 5, servers: 1 });
    const servers = new Map(
      ['web', 'api', 'static', 'office', 'queue'].map((name, i) => [`${name}-1`, 9001 + i]),
    );
    const frontends = new Map(['www', 'admin', 'queue'].map((name, i) => [name, 8001 + i]));
    const config = haproxyConfig({
      site,
      ports: { frontends, servers },
      socket: '/run/1.sock',
      node: 'demo-1',
    });
    expect(config).toBe(`global
    node demo-1
    description haproxystats demo
    maxconn 200
    nbthread 1
    stats socket /run/1.sock mode 600 level user

defaults
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    timeout http-request 5s
    retries 2
    option redispatch
    default-server check inter 2s fall 2 rise 2

frontend www
    mode http
    bind 127.0.0.1:8001
    http-request deny if { path_beg /private/ }
    compression algo gzip
    compression type text/html text/javascript
    use_backend api if { path_beg /api/ }
    use_backend static if { path_beg /static/ }
    default_backend web

frontend admin
    mode http
    bind 127.0.0.1:8002
    http-request deny if { path_beg /private/ }
    compression algo gzip
    compression type text/html text/javascript
    default_backend office

listen queue
    mode tcp
    bind 127.0.0.1:8003
    mode tcp
    balance roundrobin
    server queue-1 127.0.0.1:9005

backend web
    mode http
    balance roundrobin
    option httpchk GET /health
    server web-1 127.0.0.1:9001

backend api
    mode http
    balance roundrobin
    option httpchk GET /health
    server api-1 127.0.0.1:9002

backend static
    mode http
    balance roundrobin
    option httpchk GET /health
    server static-1 127.0.0.1:9003

backend office
    mode http
    balance roundrobin
    option httpchk GET /health
    server office-1 127.0.0.1:9004
`);
  });
});
