import { setTimeout as delay } from 'node:timers/promises';
import { dockerInstallSteps } from '#libs/contracts';
import { type MadeKey, makeKey, usualKeyPath } from '../adapters/made-key.js';
import { CliError, exitCodes, failure, usageError } from '../errors.js';
import type { Output } from '../output.js';

/** What is done for a machine before it is a node. */
export interface PrepareOptions {
  /** A path, or `true` for the usual one. */
  readonly makeKey?: string | true;
  readonly installDocker?: boolean;
  readonly yes?: boolean;
  readonly confirm?: (question: string) => Promise<boolean>;
  readonly interrupted?: () => Promise<void>;
}

export const madeKeyOf = async ({ makeKey: wish }: PrepareOptions): Promise<MadeKey | undefined> =>
  wish === undefined ? undefined : makeKey(wish === true ? usualKeyPath() : wish);

interface Place {
  readonly address: string;
  readonly sshUser?: string;
}

/** Asks before anything is run on the machine, and shows what that is. */
export async function mayInstall(
  { installDocker, yes, confirm }: PrepareOptions,
  { address, sshUser = 'root' }: Place,
  output: Output,
): Promise<true | undefined> {
  if (installDocker !== true) return undefined;
  output.note(`If ${address} has no engine, these are run there as ${sshUser}:`);
  for (const argv of dockerInstallSteps(sshUser)) output.note(`  ${argv.join(' ')}`);
  if (yes === true) return true;
  if (confirm === undefined || output.isJson)
    throw usageError('USAGE', '--install-docker asks before it runs anything, and nobody can be asked', {
      hint: 'Give --yes to agree to the commands above.',
    });
  if (await confirm('Run them if they are needed?')) return true;
  throw failure('INSTALL_REFUSED', `Nothing was run on ${address}, and nothing was stored.`, {
    hint: 'Install Docker there by hand, then add the machine without --install-docker.',
  });
}

const TRY_EVERY_MS = 2_000;
/** Of the machine, and of the jump host, which may have the same key. */
const NOT_LET_IN: ReadonlySet<string> = new Set(['SSH_LOGIN_REFUSED', 'SSH_JUMP_LOGIN_REFUSED']);

/** Shows the line that lets the key in, and tries until the machine has it. Any other refusal ends it. */
export async function onceLetIn<T>(
  key: MadeKey,
  { address, sshUser = 'root' }: Place,
  { add, interrupted }: { readonly add: () => Promise<T>; readonly interrupted?: () => Promise<void> },
  output: Output,
): Promise<T> {
  const stopped = new AbortController();
  let said = false;
  for (;;) {
    try {
      return await add();
    } catch (error) {
      if (!(error instanceof CliError) || !NOT_LET_IN.has(error.code)) throw error;
    }
    if (!said) {
      output.note(
        `${key.isNew ? 'A new key is in' : 'The key is the one in'} ${key.path}. Let it in on ${address}:`,
      );
      const folder = `~${sshUser}/.ssh`;
      output.note(`  mkdir -p ${folder} && echo ${JSON.stringify(key.line)} >> ${folder}/authorized_keys`);
      output.note(`Run that as ${sshUser}.`);
      output.note('Waiting until it works. Ctrl-C ends that; the same command goes on.');
      void interrupted?.().then(() => stopped.abort());
    }
    said = true;
    await delay(TRY_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    if (stopped.signal.aborted)
      throw new CliError('INTERRUPTED', `${address} does not let the key in yet.`, exitCodes.interrupted, {
        hint: 'Add the line above to authorized_keys there, then run the same command again.',
      });
  }
}
