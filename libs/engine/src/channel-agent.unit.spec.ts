import http from 'node:http';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { ChannelAgent, QuietAgent } from './channel-agent.js';

/** As docker-modem prints the options of every call. */
const printed = (agent: http.Agent): string => inspect({ agent }, { showHidden: true, depth: null });

it('a call does not pay for printing the sockets of all other calls', () => {
  const agents = [new QuietAgent(), new ChannelAgent(() => Promise.reject(new Error('unused')))];
  for (const agent of agents) expect(printed(agent)).toBe('{ agent: Agent }');
  // So the test would see it: an agent as Node has it prints its insides.
  expect(printed(new http.Agent()).length).toBeGreaterThan(500);
});
