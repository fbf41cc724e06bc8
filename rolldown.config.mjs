import { defineConfig } from 'rolldown';

/**
 * The command alone is one bundle, since it starts anew for every call (docs/adr/0010-the-command-is-a-bundle.md). What
 * a call seldom needs stays apart: a lazy import is a chunk.
 */
export default defineConfig({
  input: { slipway: 'dist/apps/cli/src/main.js' },
  platform: 'node',
  // Native addons, and packages that are patched or that look for their files beside them.
  external: [/^ssh2/, /^kafkajs/, /^@nestjs\//, /^@opentelemetry\//, /^pg$/, /^dockerode/, /^pino/],
  output: { dir: 'dist/command', format: 'esm', chunkFileNames: '[name].js' },
  logLevel: 'warn',
});
