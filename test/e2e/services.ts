import { uniqueName } from '#libs/testing';
import { greeter } from './client.js';

/** Services that behave in one way, as sources. */
const source = (server: string, config: object = {}): Record<string, string> => ({
  ...greeter('', config),
  'server.js': server,
});

/** A server that answers so: a statement of JavaScript about `answer`. */
export const answering = (answer: string): string =>
  `const server = require('node:http').createServer((_, answer) => ${answer}).listen(process.env.PORT);`;

/** Takes 150 ms an answer, and at SIGTERM ends after those that it is at. */
export const slow = (says: string, config: object = {}): Record<string, string> =>
  source(
    `${answering(`setTimeout(() => answer.end(${JSON.stringify(says)}), 150)`)}
process.on('SIGTERM', () => server.close(() => process.exit(0)));`,
    { stop: { drainMs: 3_000 }, resources: { cpu: 0.1, memoryMiB: 64 }, ...config },
  );

/** Answers 503 for ever, and says so. */
export const unwell = (startupMs = 2_000): Record<string, string> =>
  source(`console.log('not well yet');\n${answering("(answer.writeHead(503), answer.end('unwell'))")}`, {
    health: { path: '/ready', startupMs },
  });

/** Writes 60 numbered lines and exits with 3. */
export const exiting = (): Record<string, string> =>
  source("for (let n = 1; n <= 60; n += 1) console.log('line ' + n); process.exitCode = 3;");

/** Is well, then exits with 7 within its stability window. */
export const shortLived = (): Record<string, string> =>
  source(`${answering("answer.end('for now')")}\nsetTimeout(() => process.exit(7), 900);`, {
    health: { path: '/', stableMs: 4_000 },
  });

/**
 * As a server that forks: its port is open, and nobody accepts connections until the application is loaded, which
 * takes this long. Then it goes on with `then`.
 */
export const loading = (ms: number, then: string, config: object = {}): Record<string, string> =>
  source(
    `const server = require('node:net').createServer((socket) => socket.on('error', () => undefined).end('loaded'));
server.listen(process.env.PORT, () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
  ${then}
});`,
    { health: undefined, ...config },
  );

/** Answers well, and throws this long after its start. */
export const crashing = (ms: number): Record<string, string> =>
  source(
    `${answering("answer.end('for now')")}\nsetTimeout(() => { throw new Error('no database'); }, ${ms});`,
  );

/** Well and unwell in turn, 400 ms each. */
export const flapping = (): Record<string, string> =>
  source(answering("(answer.writeHead(Date.now() % 800 < 400 ? 200 : 500), answer.end('flapping'))"), {
    health: { path: '/', startupMs: 1_500, stableMs: 1_500 },
  });

/** Does what `url` tells it at its start. */
export const controlled = (says: string, url: string, config: object = {}): Record<string, string> =>
  source(
    `fetch(${JSON.stringify(url)}).then((told) => told.text()).then((told) => {
  if (told === 'exit') process.exit(9);
  require('node:http').createServer((_, answer) => answer.end(${JSON.stringify(says)})).listen(process.env.PORT);
});`,
    config,
  );

/** Its build prints one line, then sleeps: also where a builder has kept the layers of the last run. */
export const slowBuild = (says: string, seconds: number): Record<string, string> => ({
  ...greeter(says, { runtime: 'dockerfile', command: undefined }),
  Dockerfile: `FROM slipway/node:24\nRUN echo ${uniqueName('begun')} && sleep ${seconds}\nCOPY server.js /\nCMD ["node", "/server.js"]\n`,
});

/** Says at its start that it is there, and then what each request asks for. */
export const talking = (config: object = {}): Record<string, string> =>
  source(
    `console.log('here I am');
require('node:http').createServer((asked, answer) => {
  if (asked.url !== '/') console.log('asked for ' + asked.url);
  answer.end('said');
}).listen(process.env.PORT);`,
    config,
  );

/** Works in a loop and listens nowhere. */
export const worker = (
  says: string,
  config: object = {},
  script = `setInterval(() => console.log(${JSON.stringify(says)}), 100);`,
): Record<string, string> => ({
  ...greeter('', { port: undefined, health: undefined, command: ['node', 'worker.js'], ...config }),
  'worker.js': script,
});
