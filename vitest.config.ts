import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';

// What a person reads is in local time.
process.env['TZ'] = 'UTC';

// What runs keep for later ones is the tests' own.
process.env['XDG_CACHE_HOME'] = fileURLToPath(new URL('./.cache/test', import.meta.url));

// Connections end with their run, but for the tests that are about keeping them: hosts come and go here, and no process is to outlive the tests.
process.env['ANSIBLE_SSH_ARGS'] = '-o ControlPersist=no';

const alias = { ctplay: fileURLToPath(new URL('./src/index.ts', import.meta.url)) };

// Two projects: `unit` needs no host and no root; `e2e` makes real hosts and so runs few files at a time.
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/modules/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          globalSetup: ['test/harness/build.ts'],
        },
      },
    ],
  },
});
