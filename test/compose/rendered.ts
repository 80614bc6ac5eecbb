/** Values by slot, in seconds since the epoch. */
export type Series = ReadonlyMap<number, number>;

interface Rendered {
  readonly target: string;
  readonly datapoints: readonly (readonly [number | null, number])[];
}

/** What Graphite's /render says of one path from a second on, the empty points left out. */
export async function rendered(port: number, path: string, from: number): Promise<Series> {
  const query = new URLSearchParams({
    target: path,
    // Points later than this second are rendered.
    from: String(from - 1),
    format: 'json',
    noCache: '1',
  });
  const answer = await fetch(`http://127.0.0.1:${port}/render?${query.toString()}`);
  if (!answer.ok) throw new Error(`/render answers ${answer.status}: ${await answer.text()}`);
  const [series] = (await answer.json()) as Rendered[];
  const points = series?.datapoints ?? [];
  return new Map(points.flatMap(([value, at]) => (value === null ? [] : [[at, value] as const])));
}
