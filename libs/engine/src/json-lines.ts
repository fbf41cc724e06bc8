import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseJson } from '#libs/contracts';

export interface ProgressMessage {
  readonly id?: string;
  readonly status?: string;
  readonly stream?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly aux?: unknown;
}

/** What went wrong, by the message that says so. `error` is deprecated since API 1.48, and may be left out. */
export const errorOf = ({ error, errorDetail }: ProgressMessage): string | undefined =>
  errorDetail?.message ?? error;

/**
 * The JSON lines that builds, pulls and pushes answer with. A stream cut in the middle throws; without that
 * a half pull would look like a whole one.
 */
export async function* jsonLines<T = ProgressMessage>(stream: Readable): AsyncGenerator<T> {
  let broken: Error | undefined;
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  // It passes on what its input throws, also after its reader has left: unheard, that would end the process.
  lines.on('error', () => undefined);
  const stop = (error: Error) => {
    broken = error;
    lines.close();
  };
  stream.once('error', stop);
  stream.once('close', () => {
    if (!stream.readableEnded) stop(broken ?? new Error('the engine cut its answer'));
  });
  for await (const line of lines) {
    if (line.trim() !== '') yield parseJson(line) as T;
  }
  if (broken !== undefined) throw broken;
}
