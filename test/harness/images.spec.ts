import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { images, reaperImage } from './containers/images';

const compose = readFileSync(join(__dirname, '../../docker-compose.yml'), 'utf8');
const composed = [...compose.matchAll(/^\s*image: ([^\s&*]+)$/gm)].map(([, image]) => image);

describe('the images of the tests', () => {
  it.each([...Object.values(images), reaperImage])('%s is one release and no other', (image) => {
    expect(image).toMatch(/:\d+\.\d+\.\d+(-\w+|\.Final)?$/);
  });

  it.each(Object.values(images))('%s is that of docker-compose.yml', (image) => {
    expect(composed).toContain(image);
  });
});
