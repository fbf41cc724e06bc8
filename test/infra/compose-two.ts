import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from '../../scripts/one-machine/made-once.js';

const run = promisify(execFile);
const VERSION = 'v2.39.4';

/** The path of Docker's compose plugin, made by Go. It also runs by itself. */
export async function composeTwo(): Promise<string> {
  const folder = await madeOnce(`compose-${VERSION}`, async (path) => {
    const { stdout } = await run('go', [
      'mod',
      'download',
      '-json',
      `github.com/docker/compose/v2@${VERSION}`,
    ]);
    const { Dir: source } = JSON.parse(stdout) as { Dir: string };
    await run('go', ['build', '-trimpath', '-o', join(path, 'docker-compose'), './cmd'], { cwd: source });
  });
  return join(folder, 'docker-compose');
}
