import { backendsOf, siteOf } from '../site';
import { pagesOf } from './pages';

describe('pagesOf', () => {
  const site = siteOf({ backends: 12, servers: 1 });
  const pages = pagesOf(site);

  it('asks every HTTP backend for something, where its frontend routes it', () => {
    const asked = new Set(pages.map(({ page }) => page.backend));
    const http = backendsOf(site).filter(({ mode }) => mode === 'http');
    expect([...asked].sort()).toEqual(http.map(({ name }) => name).sort());
    expect(pages).toContainEqual(expect.objectContaining({ frontend: 'www', url: '/api/orders' }));
    expect(pages).toContainEqual(expect.objectContaining({ frontend: 'tenants-1', url: '/' }));
    expect(pages).toContainEqual(expect.objectContaining({ frontend: 'tenants-1', url: '/tenant-2/' }));
  });

  it('has one answer to each request', () => {
    const requests = pages.map(({ frontend, url, page }) => `${frontend} ${page.method} ${url}`);
    expect(new Set(requests).size).toBe(requests.length);
  });

  it('has answers of every class', () => {
    const classes = new Set(pages.map(({ page }) => Math.floor(page.status / 100)));
    expect([...classes].sort()).toEqual([0, 2, 3, 4, 5]);
  });
});
