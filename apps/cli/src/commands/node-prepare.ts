import { setTimeout as delay } from 'node:timers/promises';
import { dockerInstallSteps } from '#libs/contracts';
import { type MadeKey, makeKey, usualKeyPath } from '../adapters/made-key.js';
import { CliError, exitCodes, failure, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { durationMs } from './node-fields.js';

/** What is done for a machine before it is a node. */
export interface PrepareOptions {
  /** A path, or `true` for the usual one. */
  readonly makeKey?: string | true;
  /** How long the made key is waited for, such as 10m. */
  readonly keyWait?: string;
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
const SAY_EVERY_MS = 30_000;
/** Where nobody is there to press Ctrl-C. */
const WAIT_UNSEEN_MS = 600_000;

/** How long the machine may take to let the key in, in milliseconds; at a terminal until Ctrl-C unless it is told. */
export function keyWaitOf({ makeKey: wish, keyWait, confirm }: PrepareOptions): number {
  if (keyWait !== undefined && wish === undefined)
    throw usageError('USAGE', '--key-wait is of use with --make-key alone', {
      hint: 'Give --make-key too, or leave --key-wait out.',
    });
  return durationMs('--key-wait', keyWait) ?? (confirm === undefined ? WAIT_UNSEEN_MS : Infinity);
}

interface Waiting<T> {
  readonly add: () => Promise<T>;
  readonly waitMs: number;
  /** Rejects once the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly interrupted?: () => Promise<void>;
}

/** Of the machine, and of the jump host, which may have the same key. */
const NOT_LET_IN: ReadonlySet<string> = new Set(['SSH_LOGIN_REFUSED', 'SSH_JUMP_LOGIN_REFUSED']);

/**
 * Shows the line that lets the key in, and tries until the machine has it, or the time is over. Any other refusal ends
 * it.
 */
export async function onceLetIn<T>(
  key: MadeKey,
  place: Place,
  { add, waitMs, interrupted, pause = paused }: Waiting<T>,
  output: Output,
): Promise<T> {
  const { address } = place;
  const stopped = new AbortController();
  const begun = performance.now();
  let sayAtMs = 0;
  for (;;) {
    try {
      return await add();
    } catch (error) {
      if (!(error instanceof CliError) || !NOT_LET_IN.has(error.code)) throw error;
    }
    const passedMs = performance.now() - begun;
    if (sayAtMs === 0) {
      for (const line of letInLines(key, place, waitMs)) output.note(line);
      void interrupted?.().then(() => stopped.abort());
    } else if (passedMs >= sayAtMs)
      output.note(`${address} does not let the key in yet, ${since(passedMs)}.`);
    if (passedMs >= sayAtMs) sayAtMs = passedMs + SAY_EVERY_MS;
    if (passedMs >= waitMs) throw failure('KEY_NOT_LET_IN', notLetIn(address, passedMs), { hint: GO_ON });
    const pauseMs = Math.min(TRY_EVERY_MS, waitMs - passedMs);
    await pause(pauseMs, stopped.signal).catch(() => undefined);
    if (stopped.signal.aborted)
      throw new CliError('INTERRUPTED', `${address} does not let the key in yet.`, exitCodes.interrupted, {
        hint: GO_ON,
      });
  }
}

const paused = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal });

const GO_ON = 'Add the line above to authorized_keys there, then run the same command again.';

const since = (ms: number): string => `after ${Math.round(ms / 1_000)} s`;

const notLetIn = (address: string, ms: number): string =>
  `${address} does not let the key in ${since(ms)}, and nothing was stored.`;

function letInLines(
  { isNew, path, line }: MadeKey,
  { address, sshUser = 'root' }: Place,
  waitMs: number,
): readonly string[] {
  const folder = `~${sshUser}/.ssh`;
  const limit = Number.isFinite(waitMs) ? ` for ${Math.round(waitMs / 1_000)} s at most` : '';
  return [
    `${isNew ? 'A new key is in' : 'The key is the one in'} ${path}. Let it in on ${address}:`,
    `  mkdir -p ${folder} && echo ${JSON.stringify(line)} >> ${folder}/authorized_keys`,
    `Run that as ${sshUser}.`,
    `Waiting${limit} until it works. Ctrl-C ends that; the same command goes on.`,
  ];
}
