import type { ServiceShape } from '../../sim/scaling/service.js';
import type { Files } from '../service.js';

/** What it says of itself with each answer. */
export const SAID = {
  /** One process; another one has another. */
  instance: 'x-instance',
  /** When it answered a probe for the first time, in milliseconds since 1970. */
  firstHealthy: 'x-first-healthy',
} as const;

/**
 * The simulated service as a real one: so many requests are worked on at once, each for an exponential time, and the others
 * wait in a queue. Nothing is computed meanwhile, so the processors of one machine carry many of them.
 */
const serverOf = ({ workers, serviceMs }: ServiceShape): string => `
const { randomUUID } = require('node:crypto');
const instance = randomUUID();
const workers = ${workers};
const serviceMs = ${serviceMs};
const queue = [];
let busy = 0;
let firstHealthy;
const next = () => {
  while (busy < workers && queue.length > 0) {
    const answer = queue.shift();
    busy += 1;
    setTimeout(() => {
      busy -= 1;
      answer.end('done');
      next();
    }, -Math.log(1 - Math.random()) * serviceMs);
  }
};
require('node:http').createServer((asked, answer) => {
  if (asked.url === '/health') {
    firstHealthy ??= Date.now();
    return answer.end('well');
  }
  answer.setHeader('${SAID.instance}', instance);
  answer.setHeader('${SAID.firstHealthy}', String(firstHealthy ?? 0));
  queue.push(answer);
  next();
}).listen(process.env.PORT);
`;

/** Its source; `config` is laid over its config.json. */
export function queueService(shape: ServiceShape, config: object = {}): Files {
  return {
    'config.json': JSON.stringify({
      ...{ runtime: 'node', port: 3000, command: ['node', 'server.js'] },
      ...{ health: { path: '/health' }, resources: { cpu: 0.2, memoryMiB: 64 } },
      ...config,
    }),
    'server.js': serverOf(shape),
  };
}
