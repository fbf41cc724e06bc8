import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testNodes, until } from '#libs/testing';
import { answers } from '../../scripts/one-machine/child.js';

const run = promisify(execFile);

interface Link {
  readonly ifname: string;
}

const ip = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await run('ip', ['-j', ...args])).stdout);

type Node = Awaited<ReturnType<typeof testNodes>>[number];

async function nodeNamed(name: string): Promise<Node> {
  const node = (await testNodes()).find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`there is no node ${name}`);
  return node;
}

/** The end of a node's cable at the bridge: named after the last number of its address. */
async function portOf({ name, address }: Node): Promise<string> {
  const [route] = (await ip('route', 'get', address)) as { readonly dev: string }[];
  const ports = (await ip('link', 'show', 'master', String(route?.dev))) as Link[];
  const port = ports.find(({ ifname }) => ifname.endsWith(`-${address.split('.').at(-1)}`));
  if (port === undefined) throw new Error(`${name} is on no bridge of this machine`);
  return port.ifname;
}

/** From now on nothing reaches the node, or comes from it, until what this gives is called and done. */
export async function cutOff(name: string): Promise<() => Promise<unknown>> {
  const node = await nodeNamed(name);
  const port = await portOf(node);
  await run('ip', ['link', 'set', port, 'down']);
  return async () => {
    await run('ip', ['link', 'set', port, 'up']);
    // The kernel takes the cable for plugged in up to a second later.
    await until(`${name} to answer again`, () => answers(node.sshPort, node.address));
  };
}

/** Does something while the node is cut off. */
export async function whileCutOff<T>(node: string, work: () => Promise<T>): Promise<T> {
  const join = await cutOff(node);
  try {
    return await work();
  } finally {
    await join();
  }
}
