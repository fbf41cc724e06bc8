import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { demultiplex } from './demultiplex.js';

export interface ExecResult {
  readonly exitCode: number;
  /** Both streams, as the engine reads them: each in its order. What comes after MOST_OUTPUT_BYTES is left out. */
  readonly output: string;
}

const MOST_OUTPUT_BYTES = 262_144;
/** An engine notes the exit code some milliseconds after the output has ended. */
const LOOK_AGAIN_MS = 20;

/** Runs a program within a container and waits for its end. Throws what dockerode does, or the signal's reason. */
export async function runInContainer(
  container: Docker.Container,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<ExecResult> {
  const made = await container.exec({
    Cmd: [...argv],
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  });
  // Without `hijack` the answer is an ordinary body: no upgrade has to go through the channel.
  const framed = (await made.start({ abortSignal: signal })) as Readable;
  const output = demultiplex(await readAll(framed, signal));
  return { exitCode: await exitCodeOf(made, signal), output };
}

/** Waits for it: a program may also close its output and go on. */
async function exitCodeOf(made: Docker.Exec, signal: AbortSignal): Promise<number> {
  for (;;) {
    const { Running: isRunning, ExitCode: exitCode } = await made.inspect({ abortSignal: signal });
    if (!isRunning && exitCode !== null) return exitCode;
    await wait(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** Reads to the end also where it keeps no more: a program that cannot write would wait for ever. */
async function readAll(stream: Readable, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const abort = (): void => void stream.destroy(signal.reason as Error | undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const part of stream) {
      if (bytes < MOST_OUTPUT_BYTES) parts.push(part as Buffer);
      bytes += (part as Buffer).length;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return Buffer.concat(parts);
}
