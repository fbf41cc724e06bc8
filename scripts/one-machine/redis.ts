import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import { type RunningPart, theirs } from './part.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';

/** Redis that keeps nothing; REDIS_URL, when set, is used instead. */
export async function startRedis({ slot }: SetUp): Promise<RunningPart> {
  if (process.env['REDIS_URL']) return theirs;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const options = { ledger: slot.ledger, cwd: slot.directory };
  const server = await Restartable.start(
    () => new Child('Redis', '/usr/bin/redis-server', args, options),
    () => answers(port),
  );
  const env = { REDIS_URL: `redis://127.0.0.1:${port}` };
  return { env, servers: [server], stop: () => server.stop() };
}
