import type { RunningApp } from './serve.js';

/** Below a container's usual 10 s of grace, after which nothing would be said. */
const END_WITHIN_MS = 9_000;

/** One Ctrl-C comes from the terminal and again from each parent that passes it on. */
const SAME_SIGNAL_MS = 500;

/** Older ones lack what is used in the middle of requests, which would fail one by one. */
const OLDEST_NODE = 22;

/** What to tell somebody who starts an app with a Node that is too old; undefined for one that will do. */
export function nodeProblem(version: string): string | undefined {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return undefined;
  return `Slipway's apps need Node ${OLDEST_NODE} or newer; this is ${version}.\nStart them by npm (npm start deployer), which brings a Node of its own, or with a newer one.`;
}

/**
 * For a `main.ts`: starts the app, ends it in order on SIGTERM or SIGINT, and the process with it. A signal that comes
 * while it starts ends it then; a second one ends the process at once.
 */
export async function runUntilSignal(
  start: () => Promise<RunningApp>,
  { endWithinMs = END_WITHIN_MS }: { readonly endWithinMs?: number } = {},
): Promise<void> {
  const problem = nodeProblem(process.versions.node);
  if (problem !== undefined) {
    console.error(problem);
    process.exit(1);
  }
  const signalled = firstSignal(endWithinMs);
  try {
    const app = await start();
    const failure = await Promise.race([signalled, app.failed]);
    if (failure !== undefined) {
      console.error(said(failure));
      exitLater(endWithinMs);
    }
    await app.close();
    process.exit(failure === undefined ? 0 : 1);
  } catch (error) {
    console.error(said(error));
    process.exit(1);
  }
}

function firstSignal(endWithinMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const end = (): void => {
      if (askedAt !== undefined && performance.now() - askedAt < SAME_SIGNAL_MS) return;
      if (askedAt !== undefined) process.exit(1);
      askedAt = performance.now();
      exitLater(endWithinMs);
      resolve(undefined);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  });
}

function exitLater(endWithinMs: number): void {
  setTimeout(() => {
    console.error(`The process did not end within ${endWithinMs} ms; it ends now.`);
    process.exit(1);
  }, endWithinMs).unref();
}

/** An error for the one who started the process: what happened, and what to do where that is known. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A connection tried on several addresses fails with an AggregateError that says nothing itself.
  const message = error.message || (error instanceof AggregateError ? error.errors.map(said).join('; ') : '');
  const { hint } = error as { hint?: unknown };
  return typeof hint === 'string' ? `${message || error.name}\n${hint}` : message || error.name;
}
