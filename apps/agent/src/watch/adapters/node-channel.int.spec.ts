import { nodeChannelContract } from '../node-channel.contract.js';
import { localShell } from './local-shell.js';
import { openNodeChannel } from './node-channel.js';

nodeChannelContract('a shell on this machine', () =>
  openNodeChannel(localShell(), { dataRoot: '/', timeoutMs: 10_000 }),
);
