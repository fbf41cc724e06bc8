import type { Readable } from 'node:stream';
import type { Channel } from 'ssh2';
import type { OpenChannel } from './kept-connection.js';
import { connectionLost } from './socket-channel.js';
import { SshError } from './errors.js';

export interface ExecOptions {
  readonly input?: string | Buffer;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Of stdout and of stderr each; 4 MiB unless told. More is SSH_OUTPUT_TOO_LARGE. */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  /** 128 where a signal ended the program; `signal` names it. */
  readonly code: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_BYTES = 4 * 1024 ** 2;

/** Runs one command line on a channel of its own. The time limit counts the wait for a free channel too. */
export function runCommand(
  openOn: (open: OpenChannel) => Promise<Channel>,
  command: string,
  options: ExecOptions,
): Promise<ExecResult> {
  const expired = AbortSignal.timeout(options.timeoutMs);
  const stop = options.signal === undefined ? expired : AbortSignal.any([expired, options.signal]);
  return new Promise((resolve, reject) => {
    let channel: Channel | undefined;
    const onStop = () => {
      channel?.close();
      reject(stopped(expired.aborted, options.timeoutMs, stop.reason));
    };
    if (stop.aborted) return onStop();
    stop.addEventListener('abort', onStop, { once: true });
    openOn((client, opened) => client.exec(command, opened))
      .then((opened) => {
        channel = opened;
        // The caller has its answer already; the program is not left running for nobody.
        if (stop.aborted) return opened.close();
        return collect(opened, options).then(resolve);
      })
      .catch(reject)
      .finally(() => stop.removeEventListener('abort', onStop));
  });
}

function collect(
  channel: Channel,
  { input, maxOutputBytes = MAX_OUTPUT_BYTES }: ExecOptions,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => {
      channel.close();
      reject(error as Error);
    };
    const stdout = gather(channel, maxOutputBytes, failed);
    const stderr = gather(channel.stderr as Readable, maxOutputBytes, failed);
    channel.on('error', failed);
    // `close` repeats what `exit` said, and waits for a reader: a quick program's `exit` comes before any listener.
    channel.on('close', (code?: number | null, signal?: string) => {
      if (code === undefined) return reject(connectionLost());
      const exit = code === null ? { code: 128, signal } : { code };
      resolve({ ...exit, stdout: stdout(), stderr: stderr() });
    });
    channel.end(input);
  });
}

function gather(stream: Readable, maxBytes: number, failed: (error: SshError) => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else failed(tooLarge(maxBytes));
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function tooLarge(maxBytes: number): SshError {
  return new SshError('SSH_OUTPUT_TOO_LARGE', {
    message: `The command wrote more than ${maxBytes} bytes.`,
    hint: 'Ask for less, or raise maxOutputBytes.',
    details: { maxBytes },
  });
}

function stopped(timedOut: boolean, timeoutMs: number, cause: unknown): SshError {
  if (!timedOut) {
    return new SshError('SSH_ABORTED', {
      message: 'The command was aborted.',
      hint: 'Its caller aborted it.',
      cause,
    });
  }
  return new SshError('SSH_TIMEOUT', {
    message: `The command did not finish within ${timeoutMs} ms.`,
    hint: 'Check the load of the machine, or give the command more time.',
    details: { timeoutMs },
  });
}
