import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { startSimulatedNodes } from '../../../../../test/simulator/nodes/simulated-nodes.js';
import { Semaphore } from '../semaphore.js';
import { SshNode } from './ssh-node.js';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

const logger = { debug: () => undefined };

interface Place {
  readonly host?: string;
  readonly port: number;
  readonly user?: string;
  readonly hostKeyFingerprint?: string;
}

function nodeAt(place: Place, turns: Pick<Semaphore, 'run'> = new Semaphore(30)): SshNode {
  const target = { ...{ host: '127.0.0.1', user: 'nobody', hostKeyFingerprint: 'SHA256:any' }, ...place };
  const node = new SshNode({ target: { ...target, login: { password: 'any' } } }, logger, turns);
  stops.push(() => node.close());
  return node;
}

async function listening(onSocket: (socket: Socket) => void): Promise<{ readonly port: number }> {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  return { port: (server.address() as AddressInfo).port };
}

async function simulatedNode(): Promise<Place> {
  const { nodes, hostKeyFingerprint, close } = await startSimulatedNodes(1, { containers: 1, working: 0 });
  stops.push(close);
  const [{ name: user, port } = expect.fail()] = nodes;
  return { port, user, hostKeyFingerprint };
}

/** What an SSH server says to anybody. */
const FIRST_WORD = 'SSH-2.0-test\r\n';

/** Turns that come when the test says so. */
function heldTurns() {
  const { promise: given, resolve: give } = Promise.withResolvers<void>();
  let asked = 0;
  const run = async <T>(login: () => Promise<T>): Promise<T> => {
    asked += 1;
    await given;
    return login();
  };
  return { turns: { run }, give, asked: () => asked };
}

function passed(ms: number): () => boolean {
  const begun = performance.now();
  return () => performance.now() - begun > ms;
}

function hold(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('a node was said not to answer where the agent itself stood still for longer than it waits', async () => {
  const node = nodeAt(await listening((socket) => socket.destroy()));
  const reached = node.reach(50);
  hold(300);
  await reached;
});

it('a node that does not take a connection within the time does not answer', async () => {
  // Kept for documentation: nobody has it, and what leads there drops or refuses.
  await expect(nodeAt({ host: '192.0.2.1', port: 22 }).reach(100)).rejects.toThrow(/192\.0\.2\.1/);
});

it('a program of a node was said not to answer where the agent was late with each step of the login', async () => {
  const node = nodeAt(await simulatedNode());
  let isOver = false;
  // The simulated node is in this process and as late: both sides of a login are.
  const holding = (async () => {
    while (!isOver) {
      hold(100);
      await turn();
    }
  })();
  const begun = performance.now();
  await node.ask(1_500).finally(() => (isOver = true));
  await holding;
  expect(performance.now() - begun).toBeGreaterThan(1_500);
});

it('a node whose login waited for its turn was said not to answer', async () => {
  const { turns, give, asked } = heldTurns();
  const node = nodeAt(await simulatedNode(), turns);
  const answer = node.ask(300);
  await until('the login to wait', () => asked() === 1);
  await until('more than its limit to pass', passed(700));
  give();
  await answer;
});

it('a program that does not answer is known as such, whatever the kernel says, and takes no turn of others', async () => {
  const { turns, asked } = heldTurns();
  const node = nodeAt(await listening(() => undefined), turns);
  await node.reach(1_000);
  await expect(node.ask(300)).rejects.toThrow('sshd does not answer within 300 ms');
  expect(asked()).toBe(0);
});

it('a login whose connection ended while it waited for its turn hung until it was too late', async () => {
  const { turns, give, asked } = heldTurns();
  const taken: Socket[] = [];
  const server = await listening((socket) => {
    taken.push(socket);
    socket.write(FIRST_WORD);
  });
  const node = nodeAt(server, turns);
  const answer = expect(node.ask(15_000)).rejects.toThrow('Cannot open an SSH connection');
  await until('the login to wait', () => asked() === 1 && taken.length === 1);
  taken[0]?.resetAndDestroy();
  await until('its end to be heard', passed(50));
  give();
  await answer;
});

it('a node that is watched no longer was logged in to all the same, when the turn came', async () => {
  const heard: Buffer[] = [];
  const { turns, give, asked } = heldTurns();
  const server = await listening((socket) => {
    socket.on('data', (bytes) => heard.push(bytes));
    socket.write(FIRST_WORD);
  });
  const node = nodeAt(server, turns);
  const answer = expect(node.ask(15_000)).rejects.toThrow('The pool of SSH connections is closed.');
  await until('the login to wait', () => asked() === 1);
  node.close();
  await answer;
  give();
  await turn();
  await turn();
  expect(heard).toEqual([]);
});
