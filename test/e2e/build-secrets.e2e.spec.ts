import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentReplied, type DeploymentReply, topics } from '#libs/contracts';
import { uniqueName } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { greeter } from './client.js';
import { answerOf, RunningCommand, slipway } from './command.js';
import { formsOf, isInLog, tablesWith, topicsWith } from './leaks.js';
import { type Files, sourceFolders } from './source-folders.js';
import { containersOf, onNode, registryRows } from './world.js';

/** Left out of the short form: the log, which is masked where that of secrets is. */
const whole = inWhole('e2e');

const NAME = 'npm-token';
const VALUE = `npm/${randomBytes(24).toString('hex')}`;
const HASH = createHash('sha256').update(VALUE).digest('hex');
/** In the output of each build, so that whoever looks for the token there is seen to look well. */
const SAID = uniqueName('said');

/** Answers what its build made of the token, and what the running service has of it. */
const SERVER = `const made = require('node:fs').readFileSync('made.txt', 'utf8').slice(0, 64);
require('node:http').createServer((_, answer) => answer.end(made + ' ' + process.env.NPM_TOKEN)).listen(process.env.PORT);`;

const byConfig = (more = ''): Files => ({
  ...greeter('', {
    buildSecrets: { NPM_TOKEN: NAME },
    build: ['sh', '-c', `echo "${SAID}: $NPM_TOKEN"; printf %s "$NPM_TOKEN" | sha256sum > made.txt${more}`],
  }),
  'server.js': SERVER,
});

/** A builder that has kept the layers of another run would give what that run made of its token: a secret is not in their key. */
const byDockerfile = (): Files => ({
  ...greeter('', { runtime: 'dockerfile', command: undefined, buildSecrets: { 'npm.token': NAME } }),
  'server.js': SERVER,
  Dockerfile: `FROM slipway/node:24
RUN --mount=type=secret,id=npm.token sha256sum /run/secrets/npm.token > /made.txt && : ${SAID}
COPY server.js /
CMD ["node", "/server.js"]
`,
});

const folders = sourceFolders();
const app = uniqueName('build-secret');
const deploy = async (services: Readonly<Record<string, Files>>): Promise<DeploymentReply> => {
  const root = await folders.write(services);
  return deploymentReplied.schema.parse(
    answerOf((await slipway('deploy', root, '--app', app, '--json')).out),
  );
};

beforeAll(() => folders.make());
afterAll(async () => {
  await slipway('stop', app, 'web', 'own');
  await folders.remove();
});

/** Prints one line for each file of an image, such as a layer, that holds one of the texts. */
const SEARCH = `set -e
image=$1; shift; patterns=$(printf '%s\\n' "$@"); folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
docker save "$image" | tar -x -C "$folder"
find "$folder" -type f | while read -r file; do
  if zcat -f "$file" | grep -aqF "$patterns"; then echo held; fi
done`;

const holdersIn = async (node: string, image: string, texts: readonly string[]): Promise<number> => {
  const lines = await onNode(node, 'sh', '-c', SEARCH, 'sh', image, ...texts);
  return lines.split('\n').filter((line) => line === 'held').length;
};

describe('a service whose build needs a token', () => {
  it('is not built without it, and its plan says so', async () => {
    const root = await folders.write({ web: byConfig() });
    const planned = await slipway('plan', root, '--app', app);
    expect(planned.code).toBe(1);
    expect(`${planned.out}${planned.err}`).toContain(`slipway secret set ${app} ${NAME}`);
    const [web] = (await deploy({ web: byConfig() })).services;
    expect(web).toMatchObject({
      error: {
        code: 'SECRET_NOT_FOUND',
        message: expect.stringContaining(`${NAME} (as NPM_TOKEN, for the build)`) as string,
      },
    });
    expect(web?.phases).not.toHaveProperty('build');
  });

  it('is built with it, by steps of Slipway and by its own Dockerfile, and runs without it', async () => {
    await new RunningCommand(['secret', 'set', app, NAME], process.env, `${VALUE}\n`).ended;
    const reply = await deploy({ web: byConfig(), own: byDockerfile() });
    expect(reply, JSON.stringify(reply)).toMatchObject({ status: true });
    const urls = reply.services.flatMap(({ instances }) => instances.map(({ url }) => String(url)));
    expect(urls).toHaveLength(2);
    for (const url of urls) expect(await (await fetch(url)).text()).toBe(`${HASH} undefined`);
  });

  it('shows its token in no layer, no file and no history of its image', async () => {
    const rows = (await registryRows(app)).filter(({ state }) => state === 'running');
    const containers = await containersOf(app);
    expect(containers).toHaveLength(2);
    for (const { id, image, labels } of containers) {
      const node = String(rows.find(({ service }) => service === labels['slipway.service'])?.node);
      const docker = (...words: string[]) => onNode(node, 'docker', ...words);
      const about = await Promise.all([
        docker('history', '--no-trunc', '--format', '{{json .}}', image),
        docker('inspect', id),
        docker('image', 'inspect', image),
      ]);
      for (const form of formsOf(VALUE)) expect(about.join('')).not.toContain(form);
      // What the build made of it lies in a layer, so whoever looks there is seen to look well.
      expect(await holdersIn(node, image, [HASH])).toBeGreaterThan(0);
      expect(await holdersIn(node, image, formsOf(VALUE))).toBe(0);
      const holding = [
        'grep',
        '-rlE',
        `${VALUE}|${HASH}`,
        '/app',
        '/made.txt',
        '/run',
        '/root',
        '/home',
        '/tmp',
      ];
      const holders = await docker(
        'exec',
        '-u',
        '0',
        id,
        'sh',
        '-c',
        '"$@" 2>/dev/null; true',
        'sh',
        ...holding,
      );
      expect(holders).toMatch(/^(?:\/app)?\/made\.txt$/);
    }
  });

  whole.it('shows it in no log of its build, even if a step prints it and fails', async () => {
    const [web] = (await deploy({ web: byConfig('; exit 7') })).services;
    expect(web?.error).toMatchObject({ code: 'BUILD_FAILED' });
    expect(web?.error?.logTail).toContain(`${SAID}: [secret]`);
    const log = (await slipway('logs', app, 'web', '--build')).out;
    expect(log).toContain(`${SAID}: [secret]`);
    expect(log).not.toContain(VALUE);

    const forms = formsOf(VALUE);
    expect(await topicsWith([SAID])).toContain(topics.deploymentResponses);
    expect(await tablesWith([SAID])).not.toEqual([]);
    expect(await topicsWith(forms)).toEqual([]);
    expect(await tablesWith(forms)).toEqual([]);
    expect(isInLog(forms)).toBe(false);
  });
});
