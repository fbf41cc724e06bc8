import { execFile } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { promisify } from 'node:util';
import { parseSshConfig, type SshConfig } from '../domain/ssh-config.js';
import type { SshPlace } from '../domain/ssh-place.js';
import { usageError } from '../errors.js';

const run = promisify(execFile);

/**
 * How the SSH client would reach a host. It is asked itself (`ssh -G` connects to nothing), so that Host, Match,
 * Include and the system's configuration count as they do for `ssh`.
 */
export async function sshConfigOf({ host, user, port }: SshPlace, file?: string): Promise<SshConfig> {
  const args = [
    ...['-G', ...(file === undefined ? [] : ['-F', file])],
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...['--', host],
  ];
  const local = { name: userInfo().username, home: homedir() };
  const config = parseSshConfig(host, await said(args), local);
  if (!('unsupported' in config)) return config;
  const { message, hint } = config.unsupported;
  throw usageError('USAGE', message, { hint });
}

async function said(args: readonly string[]): Promise<string> {
  try {
    return (await run('ssh', args)).stdout;
  } catch (cause) {
    const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: string };
    if (code === 'ENOENT')
      throw usageError('USAGE', 'The address of the machine is missing, and there is no ssh to ask for it', {
        hint: 'Give --address and --key-file, or install the OpenSSH client.',
        cause,
      });
    if (stderr === undefined) throw cause;
    throw usageError(
      'USAGE',
      `ssh does not accept its configuration: ${stderr.trim().split('\n')[0] ?? ''}`,
      {
        hint: 'Correct the file, or give --address and --key-file.',
        cause,
      },
    );
  }
}
