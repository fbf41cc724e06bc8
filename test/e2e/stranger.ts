import { until } from '#libs/testing';
import { onNode } from './world.js';

/** A program on a node that Slipway did not start. */
export interface Stranger {
  leave(): Promise<void>;
}

const program = (port: number): string => `require('node:net').createServer().listen(${port}, '0.0.0.0')`;

/** Something listens at this port of the node from now on, until it leaves. */
export async function listenOn(node: string, port: number): Promise<Stranger> {
  // Detached: it outlives the session. Its id is the one within the node.
  const start = 'setsid "$0" -e "$1" >/dev/null 2>&1 </dev/null & echo $!';
  const pid = await onNode(node, 'sh', '-c', start, process.execPath, program(port));
  const listens = async (): Promise<boolean> => (await onNode(node, 'ss', '-Hltn')).includes(`:${port} `);
  await until(`something to listen at ${node}:${port}`, listens);
  return {
    async leave() {
      await onNode(node, 'kill', pid);
    },
  };
}
