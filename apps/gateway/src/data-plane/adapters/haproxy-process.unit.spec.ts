import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { HaproxyProcess, whyNotStarted } from './haproxy-process.js';
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

it('a port that is taken was told among lines that say nothing to people', () => {
  const said = [
    '[NOTICE]   (1) : haproxy version is 2.6.12',
    '[ALERT]    (1) : Starting frontend requests: cannot bind socket (Address already in use) [127.0.0.1:8080]',
    '[ALERT]    (1) : [haproxy.main()] Some protocols failed to start their listeners! Exiting.',
  ].join('\n');
  expect(whyNotStarted(said)).toBe(
    'it cannot listen at 127.0.0.1:8080: another process listens there. Set GATEWAY_LISTEN and GATEWAY_LISTEN_TLS to what is free',
  );
  expect(whyNotStarted(said.replace('Address already in use', 'Permission denied'))).toContain(
    'it cannot listen at 127.0.0.1:8080: Permission denied.',
  );
  expect(whyNotStarted('[ALERT] (1) : parsing [x:1]: unknown word')).toContain('unknown word');
});
