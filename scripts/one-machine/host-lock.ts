import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HostLock {
  release(): Promise<void>;
}

/**
 * A lock that one process of this machine has, or undefined while another one has it.
 * It is an abstract socket: the kernel gives its name to one process, and takes it back when that dies, however it dies.
 */
export function tryHostLock(name: string): Promise<HostLock | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(`\0slipway-${name}`, () => {
      server.unref();
      resolve({ release: () => new Promise((released) => server.close(() => released())) });
    });
  });
}

const RETRY_MS = 200;

interface Waiting {
  /** Called once, if another process has the lock. */
  readonly onWait?: () => void;
}

/** Waits until no other process has the lock, and has it for as long as the action takes. */
export async function withHostLock<T>(
  name: string,
  action: () => Promise<T>,
  { onWait }: Waiting = {},
): Promise<T> {
  let lock = await tryHostLock(name);
  if (lock === undefined) onWait?.();
  while (lock === undefined) {
    await sleep(RETRY_MS);
    lock = await tryHostLock(name);
  }
  try {
    return await action();
  } finally {
    await lock.release();
  }
}
