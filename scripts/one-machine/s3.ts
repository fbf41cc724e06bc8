import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import { madeOnce } from './made-once.js';
import type { RunningPart } from './part.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);
const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = 'v1.0.14';

/** Versity's S3 server, on files. Debian has no S3 server, so Go builds it once; it has to be there. */
async function program({ cache, report }: SetUp): Promise<string> {
  const build = async (folder: string): Promise<void> => {
    const before = performance.now();
    report('S3', 'working', 0, `building versitygw ${VERSION}, which takes minutes`);
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' };
    await run('go', ['install', `${MODULE}@${VERSION}`], { env, maxBuffer: 1 << 26 }).catch(
      (cause: unknown) => {
        throw new Error(
          'The S3 server could not be built: it needs Go 1.21 or newer, and its module proxy.',
          { cause },
        );
      },
    );
    report('S3', 'working', performance.now() - before, 'built');
  };
  return join(await madeOnce(`versitygw-${VERSION}`, build, cache), 'versitygw');
}

/** An S3 server with a user of its own. Whoever asks finds it as every tool of AWS does. */
export async function startS3(setUp: SetUp): Promise<RunningPart> {
  const path = await program(setUp);
  const files = join(setUp.slot.directory, 's3');
  await rm(files, { recursive: true, force: true });
  await mkdir(files, { recursive: true });
  const login = { AWS_ACCESS_KEY_ID: 'slipway', AWS_SECRET_ACCESS_KEY: randomBytes(16).toString('hex') };
  const port = await freePort();
  const env = { ROOT_ACCESS_KEY: login.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: login.AWS_SECRET_ACCESS_KEY };
  const server = await Restartable.start(
    () =>
      new Child('S3', path, ['--port', `127.0.0.1:${port}`, 'posix', files], {
        ledger: setUp.slot.ledger,
        env,
      }),
    () => answers(port),
  );
  return {
    env: { ...login, S3_URL: `http://127.0.0.1:${port}` },
    servers: [server],
    stop: () => server.stop(),
  };
}
