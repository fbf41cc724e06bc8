import { runMainJob } from './demo/main-job.js';
import { removeEnvFile, writeEnvFile } from './one-machine/env-file.js';
import { freePort } from './one-machine/free-port.js';
import { startOneMachine } from './one-machine/start.js';

/** `npm run demo [-- --once]`: the whole of Slipway on this machine and the example application deployed to it. */
async function main(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupted.abort());
  const machine = await startOneMachine();
  const stops: (() => Promise<void>)[] = [() => machine.stop()];
  try {
    if (interrupted.signal.aborted) return 130;
    const ports = {
      DEPLOYER: await freePort(),
      LOAD_BALANCER: await freePort(),
      NODE_MANAGER: await freePort(),
    };
    const env: Record<string, string> = {
      ...machine.env,
      ...Object.fromEntries(Object.entries(ports).map(([app, port]) => [`${app}_HTTP_PORT`, String(port)])),
      SLIPWAY_API_URL: `http://127.0.0.1:${ports.NODE_MANAGER}`,
    };
    const file = writeEnvFile(env);
    stops.unshift(() => Promise.resolve(removeEnvFile()));
    console.log(`Environment: source ${file}`);
    const job = await runMainJob({ env, nodes: machine.nodes, signal: interrupted.signal });
    stops.unshift(() => job.stop());
    if (args.includes('--once') || interrupted.signal.aborted) return 0;
    console.log('Running until Ctrl-C.');
    await ended(interrupted.signal, job.ended);
    return interrupted.signal.aborted ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    for (const stop of stops) await stop();
  }
}

function ended(signal: AbortSignal, platform: Promise<void>): Promise<void> {
  // An interval keeps this process alive: a signal's handler alone does not.
  const alive = setInterval(() => undefined, 60_000);
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return Promise.race([aborted, platform]).finally(() => clearInterval(alive));
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
