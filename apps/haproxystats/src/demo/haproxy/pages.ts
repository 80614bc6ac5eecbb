import type { Site } from '../site';
import { pathOf } from './haproxy-config';

/** What a server answers with, and how often it is asked. */
export interface Page {
  readonly backend: string;
  readonly method: 'GET' | 'POST';
  /** Behind the path of its backend. */
  readonly path: string;
  /** 0: the server cuts the connection instead. */
  readonly status: number;
  readonly bytes: number;
  readonly delayMs: number;
  readonly type: string;
  /** Among all pages. */
  readonly weight: number;
}

const page = (
  request: string,
  answer: Omit<Page, 'backend' | 'method' | 'path' | 'type'> & { type?: string },
): Page => {
  const [backend = '', method = '', path = ''] = request.split(' ');
  return { type: 'text/html', ...answer, backend, path, method: method === 'POST' ? 'POST' : 'GET' };
};

/** THE PAGES of the named backends: every class of answers, small and large, fast and slow. */
const pages: readonly Page[] = [
  page('web GET /', { status: 200, bytes: 8000, delayMs: 4, weight: 20 }),
  page('web GET /products', { status: 200, bytes: 20_000, delayMs: 15, weight: 12 }),
  page('web GET /search', { status: 200, bytes: 12_000, delayMs: 60, weight: 5 }),
  page('web GET /old', { status: 301, bytes: 0, delayMs: 1, weight: 3 }),
  page('web GET /missing', { status: 404, bytes: 300, delayMs: 1, weight: 2 }),
  page('web POST /checkout', { status: 503, bytes: 200, delayMs: 20, weight: 1 }),
  page('api GET /orders', { status: 200, bytes: 2000, delayMs: 10, type: 'application/json', weight: 12 }),
  page('api POST /orders', { status: 201, bytes: 100, delayMs: 25, type: 'application/json', weight: 4 }),
  page('api GET /report', { status: 200, bytes: 40_000, delayMs: 250, type: 'application/json', weight: 2 }),
  page('api GET /broken', { status: 500, bytes: 100, delayMs: 5, type: 'application/json', weight: 1 }),
  page('api GET /crash', { status: 0, bytes: 0, delayMs: 5, weight: 1 }),
  page('static GET /app.js', { status: 200, bytes: 60_000, delayMs: 1, type: 'text/javascript', weight: 8 }),
  page('static GET /logo.png', { status: 200, bytes: 16_000, delayMs: 1, type: 'image/png', weight: 8 }),
  page('static GET /app.css', { status: 304, bytes: 0, delayMs: 1, weight: 8 }),
  page('office GET /', { status: 200, bytes: 5000, delayMs: 30, weight: 3 }),
];

/** A request for a page: the frontend to turn to, and the whole path. */
export interface SitePage {
  readonly frontend: string;
  readonly url: string;
  readonly page: Page;
}

/** What can be asked of a site: the pages of its backends, and a plain one of each HTTP backend that has none. */
export function pagesOf(site: Site): readonly SitePage[] {
  return site
    .filter(({ mode }) => mode === 'http')
    .flatMap((frontend) =>
      frontend.backends.flatMap(({ name }, index) => {
        const own = pages.filter(({ backend }) => backend === name);
        const plain = page(`${name} GET /`, { status: 200, bytes: 1000, delayMs: 5, weight: 1 });
        return (own.length > 0 ? own : [plain]).map((each) => ({
          frontend: frontend.name,
          url: index === 0 ? each.path : pathOf(name) + each.path.slice(1),
          page: each,
        }));
      }),
    );
}
