import { expect } from 'vitest';
import { type NodeEntry, uniqueName, until } from '#libs/testing';
import { engineCall } from '../../scripts/one-machine/engine-api.js';
import { greeter } from '../e2e/client.js';
import { answerOf, type Ended, slipway } from '../e2e/command.js';
import { sourceFolders } from '../e2e/source-folders.js';
import type { Installation } from './installation.js';

interface TestedNode {
  readonly entry: NodeEntry;
  /** Of its engine, as this machine sees it. */
  readonly socketPath: string;
}

export function theNode({ nodes: [entry], hosts: [host] }: Installation): TestedNode {
  if (entry === undefined || host === undefined) throw new Error('The installation has no node.');
  return { entry, socketPath: host.socketPath };
}

/** `slipway node add`, as the page on machines says it. */
export function addNode(node: NodeEntry, ...more: readonly string[]): Promise<Ended> {
  const { name, address, sshUser, privateKeyFile, dockerSocket } = node;
  return slipway(
    ...['node', 'add', name, '--address', address, '--ssh-user', sshUser, '--key-file', privateKeyFile],
    ...(dockerSocket === undefined ? [] : ['--socket', dockerSocket]),
    ...more,
  );
}

/** Says at its start that it is there, and answers with what the commands of its releases wrote into its volume. */
const notes = (says: string): Record<string, string> => ({
  ...greeter('', {
    env: { GREETING: says },
    volumes: [{ name: 'data', path: '/app/data' }],
    release: ['node', '-e', "require('fs').appendFileSync('data/notes', process.env.GREETING + ' ')"],
  }),
  'server.js': `console.log('here is ' + process.env.GREETING);
require('node:http').createServer((asked, answer) => {
  if (asked.url === '/die') process.exit(3);
  answer.end(require('node:fs').readFileSync('data/notes'));
}).listen(process.env.PORT);`,
});

interface ListedContainer {
  readonly Names: readonly string[];
  readonly State: string;
}

/**
 * The life of a service on one node, by the command: it is deployed, healthy and seen, its log is read, its engine
 * starts it again when it dies, a next release takes its place and finds its volume, and it is stopped.
 */
export async function livesOneService({ entry, socketPath }: TestedNode): Promise<void> {
  const folders = sourceFolders();
  await folders.make();
  const app = uniqueName('life');
  const containers = async () =>
    JSON.parse(await engineCall(socketPath, 'GET', '/containers/json?all=1')) as ListedContainer[];
  const deploy = async (says: string): Promise<string> => {
    const { code, out, err } = await slipway(
      ...['deploy', await folders.write({ web: notes(says) }), '--app', app],
    );
    expect(code, `${out}${err}`).toBe(0);
    return String(/http:\S+/.exec(out)?.[0]);
  };
  const said = async (url: string): Promise<string> => (await fetch(url)).text();
  try {
    const first = await deploy('one');
    expect(await said(first)).toBe('one ');
    expect(answerOf((await slipway('status', app, '--json')).out)).toMatchObject([
      { service: 'web', instances: [{ state: 'running', node: entry.name }] },
    ]);
    expect(await slipway('logs', app, 'web')).toMatchObject({ code: 0, out: 'here is one\n' });

    await fetch(`${first}/die`).catch(() => undefined);
    await until('the engine to start it again', () => said(first).catch(() => undefined), {
      timeoutMs: 20_000,
    });
    expect((await slipway('logs', app, 'web')).out).toBe('here is one\nhere is one\n');

    const second = await deploy('two');
    expect(await said(second)).toBe('one two ');
    expect(await containers()).toHaveLength(1);
    const stopped = await slipway('stop', app, 'web');
    expect(stopped.code, stopped.out).toBe(0);
    expect(await containers()).toEqual([]);
  } finally {
    await folders.remove();
  }
}
