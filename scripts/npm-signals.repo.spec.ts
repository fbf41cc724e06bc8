import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** Stands in for the bootstrap: it is up until it is asked to end, and not for ever where nobody asks. */
const UP = `
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0); });
setTimeout(() => process.exit(1), 60_000);
console.log('up');
`;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-npm-'));
  await mkdir(join(root, 'scripts'));
  await writeFile(join(root, 'scripts/bootstrap.mjs'), UP);
  await copyFile(join(import.meta.dirname, '../package.json'), join(root, 'package.json'));
});
afterEach(() => rm(root, { recursive: true }));

it.each(['demo', 'start'])(
  'SIGTERM to `npm run %s` ended npm, and left all that it had started running',
  async (script) => {
    const npm = spawn('npm', ['run', '--silent', script], { cwd: root });
    let said = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said === 'up\n') npm.kill('SIGTERM');
    });
    await once(npm, 'close');
    expect(said).toBe('up\nasked to end\n');
  },
);
