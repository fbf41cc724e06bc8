import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { HaproxyProcess } from './haproxy-process.js';
import { filesIn } from './haproxy-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-gateway-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a master that executes its program anew was taken for ended: it has no command line for a moment', async () => {
  const script = `process.title = ''; console.log('up'); setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  writeFileSync(filesIn(folder).pid, String(child.pid));
  const master = new HaproxyProcess({ program: 'haproxy', folder });
  expect(master.pid).toBe(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(master.pid).toBeUndefined();
});
