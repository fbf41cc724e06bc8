import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
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
    return { stream: streamOf(child), said };
  };
}

/** Ends with the process, after all that it wrote. */
function streamOf(child: ChildProcessWithoutNullStreams): Duplex {
  const stream = new Duplex({
    read: () => child.stdout.resume(),
    write: (chunk, encoding, done) => void child.stdin.write(chunk, encoding, done),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      // The loop ends with its input; one that hangs is not waited for.
      child.kill();
      done(error);
    },
  });
  child.stdin.on('error', (error) => stream.destroy(error));
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.once('close', () => stream.push(null));
  return stream;
}
