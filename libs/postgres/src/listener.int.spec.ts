import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { createTestDatabase, until, type TestDatabase } from '#libs/testing';
import { Listener, type Pool } from './index.js';

let database: TestDatabase;
let pool: Pool;
let proxy: Server;
let proxied: string;
/** What the listener's connection goes through; the test cuts it or holds it back. */
let sockets: Socket[] = [];
let hold = false;

beforeAll(async () => {
  database = await createTestDatabase({ schema: 'public' });
  ({ pool } = database);
});
afterAll(() => database.drop());

beforeEach(async () => {
  sockets = [];
  hold = false;
  const target = new URL(database.url);
  proxy = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (!hold) forward(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  target.port = String((proxy.address() as AddressInfo).port);
  proxied = target.href;
});
afterEach(() => {
  sockets.forEach((socket) => socket.destroy());
  proxy.close();
});

function forward(socket: Socket): void {
  const { hostname, port } = new URL(database.url);
  const upstream = connect(Number(port), hostname);
  upstream.on('error', () => undefined);
  socket.on('close', () => upstream.destroy());
  upstream.on('close', () => socket.destroy());
  socket.pipe(upstream).pipe(socket);
}

const notify = (channel: string) => pool.query('SELECT pg_notify($1, $2)', [channel, '']);
const listening = async () =>
  (
    await pool.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'slipway-listener' AND datname = current_database()`,
    )
  ).rowCount;

describe('Listener', () => {
  it('calls every subscriber of a channel, and nobody of another', async () => {
    const listener = new Listener({ url: database.url });
    await listener.start();
    const calls: string[] = [];
    await listener.subscribe('a', () => calls.push('a1'));
    await listener.subscribe('a', () => calls.push('a2'));
    await listener.subscribe('b', () => calls.push('b'));
    await notify('a');
    await until('both', () => calls.length === 2);
    await notify('b');
    await until('the other', () => calls.length === 3);
    await listener.stop();
    expect(calls).toEqual(['a1', 'a2', 'b']);
  });

  it('kept whoever had ended its subscription', async () => {
    const listener = new Listener({ url: database.url });
    await listener.start();
    const calls: string[] = [];
    const unsubscribe = await listener.subscribe('a', () => calls.push('gone'));
    await listener.subscribe('a', () => calls.push('there'));
    unsubscribe();
    await notify('a');
    await until('the other', () => calls.length > 0);
    await listener.stop();
    expect(calls).toEqual(['there']);
  });

  it('calls each subscriber once after a reconnect, and hears again', async () => {
    const listener = new Listener({ url: proxied });
    await listener.start();
    let calls = 0;
    await listener.subscribe('a', () => {
      calls += 1;
    });
    sockets[0]?.destroy();
    await until('the call after the reconnect', () => calls > 0);
    expect(calls).toBe(1);
    await notify('a');
    await until('the notification', () => calls === 2);
    await listener.stop();
  });

  it('leaves no connection behind when it is stopped while it reconnects', async () => {
    const listener = new Listener({ url: proxied });
    await listener.start();
    hold = true;
    sockets[0]?.destroy();
    await until('the second connection', () => sockets.length === 2);
    await until('the first session to end', async () => (await listening()) === 0);
    await listener.stop();
    const second = sockets[1];
    if (second === undefined) throw new Error('no second connection');
    const ended = new Promise<void>((resolve) => second.once('close', () => resolve()));
    forward(second);
    await Promise.race([ended, until('the connection to close', () => second.closed, { timeoutMs: 3_000 })]);
    // The server notices the closed socket a moment later.
    await until('the session to end', async () => (await listening()) === 0);
  });

  it('goes on calling the others when one subscriber throws', async () => {
    const errors: Error[] = [];
    const listener = new Listener({ url: proxied, onError: (error) => errors.push(error) });
    await listener.start();
    let calls = 0;
    await listener.subscribe('a', () => {
      throw new Error('subscriber');
    });
    await listener.subscribe('a', () => {
      calls += 1;
    });
    await notify('a');
    await until('the second subscriber', () => calls === 1);
    sockets[0]?.destroy();
    await until('the second subscriber after the reconnect', () => calls === 2);
    await listener.stop();
    expect(errors.filter((e) => e.message === 'subscriber')).toHaveLength(2);
  });
});
