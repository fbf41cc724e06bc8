import { nodeChannelContract } from './node-channel.contract.js';
import { FakeChannel } from './watch.testing.js';

nodeChannelContract('the one in memory', () => Promise.resolve(new FakeChannel()));
