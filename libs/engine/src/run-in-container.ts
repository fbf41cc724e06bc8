import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { demultiplex } from './demultiplex.js';

export interface ExecResult {
  readonly exitCode: number;
  /** Both streams, in their order; cut after MOST_OUTPUT_BYTES. */
  readonly output: string;
}

const MOST_OUTPUT_BYTES = 262_144;

/** Runs a program within a container and waits for its end. Throws what dockerode does, or the signal's reason. */
export async function runInContainer(
  container: Docker.Container,
  argv: readonly string[],
  signal?: AbortSignal,
): Promise<ExecResult> {
  const made = await container.exec({
    Cmd: [...argv],
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  });
  // Without `hijack` the answer is an ordinary body: no upgrade has to go through the channel.
  const framed = (await made.start({ abortSignal: signal })) as Readable;
  const output = await readAll(framed, signal);
  const { ExitCode: exitCode } = await made.inspect({ abortSignal: signal });
  // Undefined while it runs: its output was too long, or was cut.
  return { exitCode: exitCode ?? -1, output: demultiplex(output) };
}

async function readAll(stream: Readable, signal: AbortSignal | undefined): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const abort = (): void => void stream.destroy(signal?.reason as Error | undefined);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const part of stream) {
      parts.push(part as Buffer);
      bytes += (part as Buffer).length;
      if (bytes > MOST_OUTPUT_BYTES) break;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  return Buffer.concat(parts);
}
