import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { lastWords, type OpenShell } from './node-shell.js';

/** A shell of this machine, where the agent runs on the node itself. */
export function localShell(): OpenShell {
  return async ([program = '', ...args]) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    await once(child, 'spawn');
    const { hear, said } = lastWords();
    child.stderr.on('data', hear);
    const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
    // It ends with its input; one that hangs is not waited for.
    stream.once('close', () => child.kill());
    return { stream, said };
  };
}
