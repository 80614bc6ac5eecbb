/** Who may import whom. Arrows of docs/ARCHITECTURE.md, executable: `npm run check:boundaries`. */
const lib = (...names) => `^libs/(${names.join('|')})/`;
const world = '^(fs|net|http|https|tls|dgram|timers|timers/promises|process|child_process|os|fs/promises)$';
const edgePackages = 'node_modules/(@nestjs|kafkajs|@kafkajs|ioredis|rxjs|pino|prom-client)/';
const specs = '\\.(spec|contract)\\.ts$';

const only = (name, allowed) => ({
  name: `${name}-imports`,
  comment: `libs/${name} may import ${allowed.length ? allowed.join(', ') : 'nothing of ours'}`,
  severity: 'error',
  from: { path: lib(name) },
  to: { path: '^(libs|apps)/', pathNot: lib(name, ...allowed) },
});

module.exports = {
  forbidden: [
    only('haproxy', []),
    only('metrics', ['haproxy']),
    only('messaging', ['haproxy', 'metrics', 'runtime']),
    only('sinks', ['haproxy', 'metrics', 'messaging', 'runtime']),
    only('runtime', []),
    {
      name: 'pure-core',
      comment: 'haproxy and metrics are pure: no I/O, no clock, no framework',
      severity: 'error',
      from: { path: lib('haproxy', 'metrics'), pathNot: specs },
      to: { path: [world, edgePackages] },
    },
    {
      name: 'libs-by-name',
      comment: 'a lib is entered by @haproxystats/<lib> only',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: '^$1/$2/' },
    },
    {
      name: 'apps-apart',
      comment: 'only apps/haproxystats composes the other two',
      severity: 'error',
      from: { path: '^apps/(puller|processor)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'product-without-tests',
      comment: 'nothing that ships imports tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: specs },
      to: { path: '^test/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
    },
  },
};
