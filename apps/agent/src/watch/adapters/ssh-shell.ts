import type { SshPool, SshTarget } from '#libs/ssh';
import { lastWords, type OpenShell } from './node-shell.js';

/** A shell over SSH. It takes one of the sessions that sshd allows a connection. */
export function sshShell(pool: SshPool, target: SshTarget): OpenShell {
  return async (argv) => {
    const { hear, said } = lastWords();
    // Without `exec` the shell of the login would wait beside it.
    const stream = await pool.openExec(target, ['exec', ...argv], { onStderr: hear });
    return { stream, said };
  };
}
