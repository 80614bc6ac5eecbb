import { Counter, Gauge, type Registry } from 'prom-client';

export type Make = ReturnType<typeof makersFor>;

/** Make metrics of the processor without labels, by the rest of their names. */
export function makersFor(registry: Registry) {
  const own = (name: string, help: string) => ({
    name: `haproxystats_processor_${name}`,
    help,
    registers: [registry],
  });
  return {
    counter: (name: string, help: string) => new Counter(own(name, help)),
    gauge: (name: string, help: string) => new Gauge(own(name, help)),
  };
}
