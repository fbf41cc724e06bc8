import type { SshPool, SshTarget } from '#libs/ssh';
import { EngineError } from './errors.js';

const LOOK_MS = 10_000;

/**
 * Why the machine lets nobody connect to the socket, as far as its user can see there; undefined where nothing speaks
 * against it. Asked only after a refusal, since sshd says the same of every cause.
 */
export async function socketProblem(
  ssh: SshPool,
  target: SshTarget,
  socketPath: string,
): Promise<EngineError | undefined> {
  const run = (...argv: readonly string[]) => ssh.exec(target, argv, { timeoutMs: LOOK_MS });
  try {
    if ((await run('test', '-w', socketPath)).code === 0) return undefined;
    const group = await run('stat', '-c', '%G', socketPath);
    if (group.code === 0) return forbidden(target.user, socketPath, group.stdout.trim());
    // An account that may run no commands says no to everything.
    if ((await run('test', '-d', '/')).code !== 0) return undefined;
    return missing(target.user, socketPath);
  } catch {
    return undefined;
  }
}

/** Groups that give more than the engine: nobody is told to join them. */
const TOO_MIGHTY: ReadonlySet<string> = new Set(['root', 'wheel', 'UNKNOWN', '']);

function forbidden(user: string, socketPath: string, group: string): EngineError {
  const what = `user ${user} may not use ${socketPath} on this machine`;
  if (TOO_MIGHTY.has(group)) {
    return new EngineError('ENGINE_FORBIDDEN', {
      message: `${what}: it belongs to the group ${group || 'of another user'}`,
      hint: 'Give the socket to a group of its own, such as docker, and add the user to it; or log in as another user.',
    });
  }
  const command = `sudo usermod -aG ${group} ${user}`;
  return new EngineError('ENGINE_FORBIDDEN', {
    message: `${what}: add it to the group ${group} (${command})`,
    hint: `Run ${command} there, then try again.`,
  });
}

function missing(user: string, socketPath: string): EngineError {
  return new EngineError('ENGINE_UNREACHABLE', {
    message: `There is no socket ${socketPath} on this machine that user ${user} can see.`,
    hint: 'Check that the engine runs. If its socket is elsewhere, name it: slipway node add --socket PATH',
  });
}
