/** @type {import('jest').Config} */
const common = {
  preset: 'ts-jest',
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.json', diagnostics: false }] },
  moduleNameMapper: {
    '^@haproxystats/(puller|processor)$': '<rootDir>/apps/$1/src',
    '^@haproxystats/([^/]+)$': '<rootDir>/libs/$1/src',
  },
};

module.exports = {
  testSequencer: '<rootDir>/test/longest-first.cjs',
  // Tests that start programs take seconds where all cores are busy with other tests.
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts', '<rootDir>/test/{chaos,docs,harness}/**/*.spec.ts'],
    },
    { ...common, displayName: 'golden', testMatch: ['<rootDir>/test/golden/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'k8s',
      testMatch: ['<rootDir>/test/k8s/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/k8s/prepare.ts',
    },
    { ...common, displayName: 'model', testMatch: ['<rootDir>/test/model/**/*.spec.ts'] },
    { ...common, displayName: 'pipeline', testMatch: ['<rootDir>/test/pipeline/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/harness/prepare.ts',
      setupFilesAfterEnv: ['<rootDir>/test/harness/patience.ts'],
    },
  ],
};
