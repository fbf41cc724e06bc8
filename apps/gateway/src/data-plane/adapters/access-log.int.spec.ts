import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { until } from '#libs/testing';
import { AccessLog } from './access-log.js';

const SENT = 2_000;
const SENDER = `
  const socket = require('node:dgram').createSocket('udp4');
  const line = JSON.stringify({ path: 'x'.repeat(4_000) });
  let left = ${SENT};
  const next = () => (left-- > 0 ? socket.send(line, Number(process.argv[1]), '127.0.0.1', next) : socket.close());
  next();
`;

it('lines that come while the gateway is busy wait, and those that find no room are counted as lost', async () => {
  let read = 0;
  const log = await AccessLog.open(() => (read += 1));
  try {
    expect(log.lost).toBe(0);
    // Nothing is read while this process waits for the other one.
    const { status, stderr } = spawnSync(process.execPath, ['-e', SENDER, String(log.port)], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    expect(log.lost).toBeGreaterThan(0);
    expect(log.lost).toBeLessThan(SENT);
    await until('the others to be read', () => read === SENT - log.lost);
  } finally {
    await log.close();
  }
});
