import type { RunningApp } from './serve.js';

/** For a `main.ts`: starts the app, ends it in order on SIGTERM or SIGINT, and the process with it. */
export async function runUntilSignal(start: () => Promise<RunningApp>): Promise<void> {
  const app = await start().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
  let closing = false;
  const end = (): void => {
    if (closing) return;
    closing = true;
    void app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
}
