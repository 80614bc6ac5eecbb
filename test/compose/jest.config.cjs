const { join } = require('node:path');
const { projects } = require('../../jest.config.js');

const rootDir = join(__dirname, '..', '..');

/** What takes a Docker engine and minutes: `npm run test:compose`. No part of `npm test`. */
module.exports = {
  rootDir,
  // One after the other: each starts more than a dozen containers.
  maxWorkers: 1,
  testTimeout: 1_200_000,
  projects: [
    {
      ...projects[0],
      rootDir,
      displayName: 'compose',
      testMatch: ['<rootDir>/test/{compose,image}/**/*.spec.ts'],
    },
  ],
};
