import { setFlagsFromString } from 'node:v8';
import { defaultServerConditions } from 'vite';

import { defineConfig } from 'vitest/config';

/** `source` makes the package's `#libs/*` imports mean the TypeScript sources; without it they mean dist/. */
// Without `module`: packages mean their bundlers' builds by it, which Node itself cannot load.
const conditions = ['source', ...defaultServerConditions.filter((name) => name !== 'module')];
const resolve = { conditions };
const ssr = { resolve: { conditions } };

/** Those that take minutes run where the stage is asked for by its name. */
const exceptLong = (stage: string): string[] =>
  process.env[`SLIPWAY_${stage.toUpperCase()}`] === 'whole' ? [] : [`**/*.long.*.spec.ts`];

/** Files share their threads, since most of their time would go to loading the same modules again. */
const shared = { pool: 'threads', isolate: false, maxWorkers: '100%' } as const;
/** Node itself loads the sources. There is no `vi.mock` then: parts are given as arguments. */
const loadedByNode = {
  experimental: { viteModuleRunner: false, nodeLoader: false },
  execArgv: ['--conditions=source', `--import=${new URL('test/load-sources.mjs', import.meta.url).href}`],
};
/**
 * The same in processes, whose environment files may set. One more than CI has cores: most of their time they wait for
 * servers, containers, builds and deadlines.
 */
const sharedProcesses = { pool: 'forks', isolate: false, maxWorkers: 3 } as const;
/** One file after another, in one process. */
const oneProcess = { ...sharedProcesses, maxWorkers: 1, fileParallelism: false } as const;

// Tests make many objects that live shortly: with room for them they are collected less often, for 3 % of the CPU.
setFlagsFromString('--max-semi-space-size=64');

export default defineConfig({
  test: {
    // What a stage has transformed, the stages behind it load as it is.
    experimental: { fsModuleCache: true },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['{apps,libs,scripts,test}/**/*.unit.spec.ts'],
          environment: 'node',
          // None takes a second; a machine that is busy with other work may need ten times as long.
          testTimeout: 30_000,
          ...shared,
          ...loadedByNode,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // What the repository holds: the linter's rules, the pages, the generated documents.
          name: 'repo',
          include: ['{libs,scripts,test}/**/*.repo.spec.ts'],
          environment: 'node',
          testTimeout: 30_000,
          ...shared,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'int',
          include: ['{apps,libs,scripts,test}/**/*.int.spec.ts'],
          exclude: exceptLong('int'),
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          ...sharedProcesses,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Measures how long something stands still: what runs beside would be measured too.
          name: 'alone',
          include: ['{apps,libs,test}/**/*.alone.spec.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // On a machine with sshd and Docker, named by SLIPWAY_NODES_FILE and BUILDER_HOST.
          name: 'nodes',
          include: ['{libs,test}/**/*.nodes.spec.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          ...oneProcess,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Against a running platform, by what its users have: Kafka, blobs, the registry's views, HTTP, the command.
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.spec.ts'],
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...sharedProcesses,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Small projects as people have them, deployed by the command on a running platform, a few at a time.
          name: 'sources',
          include: ['test/sources/**/*.sources.spec.ts'],
          environment: 'node',
          testTimeout: 600_000,
          hookTimeout: 180_000,
          maxConcurrency: 4,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Starts, ends and kills further replicas of a running platform, and cuts its nodes off; what else runs then
          // would wait for them.
          name: 'replicas',
          include: ['test/replicas/**/*.e2e.spec.ts'],
          exclude: exceptLong('replicas'),
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...oneProcess,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Floods a running platform with broken messages.
          name: 'fuzz',
          include: ['test/fuzz/**/*.fuzz.spec.ts'],
          environment: 'node',
          testTimeout: 900_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Replicas that kill themselves at one point of their work, beside a running platform that takes over.
          name: 'crash',
          include: ['test/crash/**/*.crash.spec.ts'],
          environment: 'node',
          testTimeout: 400_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          maxConcurrency: 6,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // On a set-up of its own, whose nodes it crashes.
          name: 'reconcile',
          include: ['test/reconcile/**/*.e2e.spec.ts'],
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // On a set-up of its own, of which one part after another is broken under a stream of requests.
          name: 'faults',
          include: ['test/faults/**/*.faults.spec.ts'],
          environment: 'node',
          testTimeout: 240_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // The gateway's data plane with clients and instances that break the rules, whole; and its parts killed.
          name: 'gateway',
          include: ['test/gateway/**/*.{int,gateway}.spec.ts'],
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Servers as people have them: each file starts what it needs, and a platform that deploys a service on it.
          name: 'infra',
          include: ['test/infra/**/*.infra.spec.ts'],
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // The demo itself, typed as a user does: it starts and ends a set-up of its own.
          name: 'demo',
          include: ['test/demo/**/*.demo.spec.ts'],
          environment: 'node',
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Set-ups of their own whose engines are simulated: a platform on them, and the soak in its short form.
          name: 'soak',
          include: ['test/soak/**/*.soak.spec.ts'],
          exclude: exceptLong('soak'),
          environment: 'node',
          testTimeout: 400_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
