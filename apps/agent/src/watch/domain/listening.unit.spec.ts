import { expect, it } from 'vitest';
import { parseListening } from './listening.js';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const HEAD6 = `  sl  local_address                         remote_address                        st tx_queue`;
const rest = '00000000:00000000 00:00000000 00000000     0        0 1234 1 0000000000000000 100 0 0 10 0';
const line = (local: string, port: number, state: string, remote = '00000000:0000'): string =>
  `   0: ${local}:${port.toString(16).toUpperCase().padStart(4, '0')} ${remote} ${state} ${rest}`;
const V6 = '00000000000000000000000000000000';
const range = { firstPort: 20_000, lastPort: 20_009 };

it('gives the ports of the range that something listens on, each once, over IPv4 and IPv6, on any address', () => {
  const lines = [
    ...[HEAD, line('00000000', 20_009, '0A'), line('0100007F', 20_001, '0A'), line('00000000', 22, '0A')],
    ...[HEAD6, line(V6, 20_009, '0A', `${V6}:0000`), line(V6, 20_000, '0A', `${V6}:0000`)],
    line('00000000', 20_010, '0A'),
  ];
  expect(parseListening(lines.join('\n'), range)).toEqual([20_000, 20_001, 20_009]);
});

it('does not count a connection, whichever end has the port', () => {
  const lines = [
    ...[
      HEAD,
      line('0A500B0B', 20_001, '01', '0A500B01:D431'),
      line('0A500B0B', 40_000, '01', '0A500B01:4E22'),
    ],
    line('0A500B0B', 20_003, '06'),
  ];
  expect(parseListening(lines.join('\n'), range)).toEqual([]);
});

it('says nothing where the node did not give its lists', () => {
  expect(parseListening('', range)).toBeUndefined();
  expect(parseListening('grep: bad option', range)).toBeUndefined();
});
