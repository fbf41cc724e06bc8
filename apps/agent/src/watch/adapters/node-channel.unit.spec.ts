import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { NodeChannel } from '../ports.js';
import { openNodeChannel } from './node-channel.js';
import type { OpenShell } from './node-shell.js';

const ID = 'a'.repeat(64);
const TEXT = [
  'cpu  1 2 3 4 5 6 7 8 0 0',
  'cpu0 1 2 3 4 5 6 7 8 0 0',
  '0.10 0.20 0.30 1/234 5678',
  ...['MemTotal: 8 kB', 'MemAvailable: 4 kB', 'SwapTotal: 0 kB', 'SwapFree: 0 kB'],
  '  eth0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0',
].join('\n');

/** A node of which the test says what it answers. */
class FakeNode {
  readonly lines: string[] = [];
  mark = '';
  private stderr = '';
  readonly stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      this.lines.push(...chunk.toString().trim().split('\n'));
      done();
    },
  });

  readonly open: OpenShell = (argv) => {
    this.mark =
      argv.find((argument) => argument.startsWith('slipway-') && argument !== 'slipway-watch') ?? '';
    return Promise.resolve({ stream: this.stream, said: () => this.stderr });
  };

  say(text: string): void {
    this.stream.push(text);
  }

  ready(): void {
    this.say(`${this.mark} ready b00t\n`);
  }

  answer(sequence: number, text = TEXT, length = text.length): void {
    this.say(
      `${this.mark} answer ${sequence} 10.00 10.01 ${length}\n${text}\n${this.mark} end ${sequence}\n`,
    );
  }

  end(words: string): void {
    this.stderr = words;
    this.stream.push(null);
  }
}

const opened: NodeChannel[] = [];
afterEach(() => opened.splice(0).forEach((channel) => channel.close()));

async function openOn(node: FakeNode, giveUpMs?: number): Promise<NodeChannel> {
  const opening = openNodeChannel(node.open, { dataRoot: '/data', timeoutMs: 10_000, giveUpMs });
  await until('the loop to be started', () => node.mark !== '');
  node.ready();
  const channel = await opening;
  opened.push(channel);
  return channel;
}

const fast = (channel: NodeChannel, timeoutMs = 10_000) => channel.look({ isSlow: false, timeoutMs });
const asked = (node: FakeNode, line: string) => until(`"${line}"`, () => node.lines.includes(line));

describe('NodeChannel', () => {
  it('asks one after the other, each once the one before is answered', async () => {
    const node = new FakeNode();
    const channel = await openOn(node);
    const looks = [fast(channel), fast(channel)];
    await asked(node, 'f 1');
    expect(node.lines).toEqual(['f 1']);
    node.answer(1);
    await asked(node, 'f 2');
    node.answer(2);
    expect((await Promise.all(looks)).map(({ sequence, bootId }) => [sequence, bootId])).toEqual([
      [1, 'b00t'],
      [2, 'b00t'],
    ]);
  });

  it('throws a late answer away, and asks a node that stalls no further question before it', async () => {
    const node = new FakeNode();
    const channel = await openOn(node);
    await expect(fast(channel, 20)).rejects.toMatchObject({ reason: 'late' });
    await expect(fast(channel, 20)).rejects.toMatchObject({ reason: 'late' });
    const third = fast(channel);
    node.answer(1);
    await asked(node, 'f 2');
    expect(node.lines).toEqual(['f 1', 'f 2']);
    node.answer(1);
    node.answer(2);
    expect((await third).sequence).toBe(2);
  });

  it('passes over the words of a login shell, and refuses an answer with foreign words in it', async () => {
    const node = new FakeNode();
    const opening = openNodeChannel(node.open, { dataRoot: '/data', timeoutMs: 10_000 });
    await until('the loop to be started', () => node.mark !== '');
    node.say('Welcome to this machine\nslipway-000000000000 ready no\nlast login: today ');
    node.ready();
    const channel = await opening;
    opened.push(channel);
    const garbled = fast(channel);
    await asked(node, 'f 1');
    node.answer(1, `${TEXT}\nyou have mail`, TEXT.length);
    await expect(garbled).rejects.toMatchObject({ reason: 'garbled' });
    const next = fast(channel);
    await asked(node, 'f 2');
    node.say('you have mail\n');
    node.answer(2);
    expect((await next).sequence).toBe(2);
  });

  it('refuses a whole answer that says too little', async () => {
    const node = new FakeNode();
    const channel = await openOn(node);
    const look = fast(channel);
    await asked(node, 'f 1');
    node.answer(1, 'MemTotal: 8 kB');
    await expect(look).rejects.toMatchObject({ reason: 'garbled' });
  });

  it('sends what changes of the containers only, and none whose id or process is not one', async () => {
    const node = new FakeNode();
    const channel = await openOn(node);
    const look = async (sequence: number): Promise<void> => {
      const looked = fast(channel).catch(() => undefined);
      await asked(node, `f ${sequence}`);
      node.answer(sequence);
      await looked;
    };
    const other = 'b'.repeat(64);
    const bad = [`${ID.slice(1)};`, 'short', ID.toUpperCase(), `${ID}\n+ 9`].map((id) => ({ id, pid: 5 }));
    const stopped = { id: 'c'.repeat(64), pid: 0 };
    channel.watch([{ id: ID, pid: 5 }, ...bad, stopped, { id: 'd'.repeat(64), pid: 1.5 }]);
    await look(1);
    channel.watch([
      { id: ID, pid: 5 },
      { id: other, pid: 6 },
    ]);
    await look(2);
    channel.watch([{ id: other, pid: 7 }]);
    await look(3);
    expect(node.lines).toEqual([
      ...[`+ 1 ${ID} 5`, 'f 1', `+ 2 ${other} 6`, 'f 2'],
      ...['- 1', '- 2', `+ 3 ${other} 7`, 'f 3'],
    ]);
  });

  it('says why it is closed to whoever waits and whoever asks', async () => {
    const node = new FakeNode();
    const channel = await openOn(node);
    const looks = [fast(channel), fast(channel)];
    const refused = looks.map((look) => expect(look).rejects.toMatchObject({ reason: 'closed' }));
    await asked(node, 'f 1');
    node.end('sh: killed');
    await channel.closed;
    await Promise.all(refused);
    await expect(fast(channel)).rejects.toThrow('sh: killed');
  });

  it('gives up a node whose answer does not come at all', async () => {
    const node = new FakeNode();
    const channel = await openOn(node, 50);
    await expect(fast(channel, 20)).rejects.toMatchObject({ reason: 'late' });
    await expect(fast(channel, 100)).rejects.toMatchObject({ reason: 'late' });
    await channel.closed;
    await expect(fast(channel)).rejects.toMatchObject({ reason: 'closed' });
  });

  it('closes', async () => {
    const node = new FakeNode();
    const channel = await openOn(node);
    const look = expect(fast(channel)).rejects.toMatchObject({ reason: 'closed' });
    channel.close();
    await look;
    await channel.closed;
    expect(node.stream.destroyed).toBe(true);
  });

  it('is not opened where the loop does not show up, or ends before', async () => {
    const silent = new FakeNode();
    const late = openNodeChannel(silent.open, { dataRoot: '/data', timeoutMs: 20 });
    await expect(late).rejects.toMatchObject({ reason: 'late' });
    expect(silent.stream.destroyed).toBe(true);
    const ended = new FakeNode();
    const opening = openNodeChannel(ended.open, { dataRoot: '/data', timeoutMs: 10_000 });
    const refused = expect(opening).rejects.toThrow('no such program');
    await until('the loop to be started', () => ended.mark !== '');
    ended.end('no such program');
    await refused;
  });
});
