import { readFile } from 'node:fs/promises';
import type { Enrolment } from '#libs/contracts';
import { usageError } from '../errors.js';

/** Asks for a passphrase; undefined where nobody sits at a terminal. */
export type AskHidden = ((question: string) => Promise<string>) | undefined;

/** A private key as a login, with the passphrase if it is encrypted. */
export async function loginOfKeyFile(
  keyFile: string,
  passphrase: string | undefined,
  askHidden: AskHidden,
): Promise<Enrolment['login']> {
  const privateKey = await textOf(keyFile);
  const { isEncryptedKey, keyFileProblem } = await import('#libs/ssh'); // Not at the start: few commands need it.
  const problem = keyFileProblem(privateKey);
  if (problem !== undefined)
    throw usageError('USAGE', `${keyFile}: ${problem.message}`, { hint: problem.hint });
  if (!isEncryptedKey(privateKey)) return { privateKey };
  if (passphrase !== undefined) return { privateKey, passphrase };
  if (askHidden === undefined)
    throw usageError('USAGE', `The private key ${keyFile} is encrypted`, {
      hint: 'Set SLIPWAY_SSH_PASSPHRASE, or run the command at a terminal: it asks.',
    });
  return { privateKey, passphrase: await askHidden(`Passphrase of ${keyFile} (not shown): `) };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by you',
};

async function textOf(keyFile: string): Promise<string> {
  try {
    return await readFile(keyFile, 'utf8');
  } catch (cause) {
    const why = REASONS[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be read';
    throw usageError('USAGE', `${keyFile} ${why}`, { hint: 'Name a private key file.', cause });
  }
}
