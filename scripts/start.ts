import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `npm start <app>`: one app alone, configured by its environment. */
const [app = ''] = process.argv.slice(2);
const entry = join('dist', 'apps', app, 'src', 'main.js');

if (!/^[a-z-]+$/.test(app) || !existsSync(entry)) {
  console.error(`start: there is no app ${JSON.stringify(app)}; apps are ${readdirSync('apps').join(', ')}`);
  process.exitCode = 2;
} else {
  const child = spawn(process.execPath, ['--enable-source-maps', entry], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
