import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadLetterTopic, deploymentReplied, type DeploymentReply, topics } from '#libs/contracts';
import { generateDeployerKeys, parsePublicKey, seal } from '#libs/secrets';
import { uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { answerOf, type Ended, RunningCommand, slipway } from './command.js';
import { CommandLines, formsOf, isInLog, tablesWith, topicsWith } from './leaks.js';
import { type Files, sourceFolders } from './source-folders.js';
import { containersOf, onNode, query, registryRows } from './world.js';

/** Left out of the short form: a missing secret, which build-secrets has as well. */
const whole = inWhole('e2e');

const NAME = 'db-password';
const secrets = { PASSWORD: NAME };
const HASH = `require('node:crypto').createHash('sha256').update(process.env.PASSWORD ?? '').digest('hex')`;

/** Answers the hash of its secret. */
const hashing = (mark = ''): Files => ({
  ...greeter('', { secrets }),
  'server.js': `// ${mark}\nrequire('node:http').createServer((_, answer) => answer.end(${HASH})).listen(process.env.PORT);`,
});

/** Writes its secret into its log in several ways, and ends. */
const telling = (): Files => ({
  ...greeter('', { secrets }),
  'server.js': `const { PASSWORD } = process.env;
console.log('my password is ' + PASSWORD); console.error(JSON.stringify({ PASSWORD }));
console.log('postgres://shop:' + encodeURIComponent(PASSWORD) + '@db'); process.exitCode = 3;`,
});

const hashOf = (value: string): string => createHash('sha256').update(value).digest('hex');
const newValue = (): string => `pass/${randomBytes(24).toString('hex')}`;
const textAt = async (url: string): Promise<string> => (await fetch(url)).text();
const setSecret = (app: string, value: string): Promise<Ended> =>
  new RunningCommand(['secret', 'set', app, NAME], process.env, `${value}\n`).ended;
const deploy = async (root: string, app: string): Promise<DeploymentReply> =>
  deploymentReplied.schema.parse(answerOf((await slipway('deploy', root, '--app', app, '--json')).out));

/** What each running instance answers, once there are so many. */
async function answersOf(app: string, count: number): Promise<readonly string[]> {
  const urls = await until(`${count} instances of ${app}`, async () => {
    const running = (await registryRows(app)).filter(({ state }) => state === 'running');
    return running.length === count ? running.map(({ url }) => url) : undefined;
  });
  return Promise.all(urls.map(textAt));
}

const folders = sourceFolders();
const commandLines = new CommandLines();
beforeAll(() => folders.make());
afterAll(async () => {
  commandLines.end();
  await folders.remove();
});

describe('a secret', () => {
  const app = uniqueName('secret');
  const values = [newValue(), newValue()] as const;
  afterAll(() => slipway('stop', app, 'web'));

  it('reaches each instance that is started: deployed, scaled up, restarted, repaired', async () => {
    const [first, second] = values;
    expect((await setSecret(app, first)).out).toContain(`${NAME} of ${app} is stored, version 1`);
    await deploy(await folders.write({ web: hashing() }), app);
    expect(await answersOf(app, 1)).toEqual([hashOf(first)]);

    expect((await setSecret(app, second)).out).toContain('version 2');
    expect((await slipway('scale', app, 'web', '+1')).code).toBe(0);
    expect(new Set(await answersOf(app, 2))).toEqual(new Set([hashOf(first), hashOf(second)]));

    expect((await slipway('scale', app, 'web', '1')).code).toBe(0);
    expect((await slipway('run', app, 'web', '--restart')).code).toBe(0);
    expect(await answersOf(app, 1)).toEqual([hashOf(second)]);

    const [row] = (await registryRows(app)).filter(({ state }) => state === 'running');
    const [container] = await containersOf(app);
    await onNode(String(row?.node), 'docker', 'rm', '-f', String(container?.id));
    await until(
      'another in its place',
      async () => {
        const [other] = await containersOf(app);
        return other !== undefined && other.id !== container?.id && other.state === 'running';
      },
      { timeoutMs: 40_000 },
    );
    expect(await answersOf(app, 1)).toEqual([hashOf(second)]);
  });

  it('does not leave Slipway by the log of a service that writes it there', async () => {
    const { services } = await deploy(await folders.write({ web: telling() }), app);
    const { error, serving } = services[0] ?? {};
    expect(error).toMatchObject({ code: 'CONTAINER_EXITED' });
    expect(error?.logTail?.split('\n').filter(Boolean).sort()).toEqual([
      'my password is [secret]',
      'postgres://shop:[secret]@db',
      '{"PASSWORD":"[secret]"}',
    ]);
    expect(serving?.instances).toHaveLength(1);
    expect(await answersOf(app, 1)).toEqual([hashOf(values[1])]);
  });

  it('stands in clear with its container, and in no topic, table, log, image or command line', async () => {
    const forms = values.flatMap(formsOf);
    const [row] = (await registryRows(app)).filter(({ state }) => state === 'running');
    const [container] = await containersOf(app);
    const docker = (...words: string[]) => onNode(String(row?.node), 'docker', ...words);
    const [inspected, history, image] = await Promise.all([
      docker('inspect', String(container?.id)),
      docker('history', '--no-trunc', '--format', '{{json .}}', String(container?.image)),
      docker('image', 'inspect', String(container?.image)),
    ]);
    expect(inspected).toContain(values[1]);
    for (const form of forms) expect(`${history}${image}`).not.toContain(form);

    // That it is looked for where the application itself is found, too.
    expect(await topicsWith([app])).toEqual(
      expect.arrayContaining([topics.secretRequests, topics.deploymentEvents, topics.deploymentResponses]),
    );
    expect(await topicsWith([NAME])).toContain(topics.secretResponses);
    expect(await tablesWith([app])).toEqual(expect.arrayContaining(['deployer.secrets', 'deployer.events']));
    expect(isInLog(['CONTAINER_EXITED'])).toBe(true);
    expect(commandLines.with(app)).not.toEqual([]);

    expect(await topicsWith(forms)).toEqual([]);
    expect(await tablesWith(forms)).toEqual([]);
    expect(isInLog(forms)).toBe(false);
    expect(forms.flatMap((form) => commandLines.with(form))).toEqual([]);
  });

  it('is listed without its value, and removed', async () => {
    const listed = await slipway('secret', 'list', app, '--json');
    expect(answerOf(listed.out)).toEqual([
      { name: NAME, version: 2, updatedAt: expect.stringMatching(/^20.*Z$/) as string },
    ]);
    expect((await slipway('secret', 'list', app)).out).toMatch(
      /^SECRET +VERSION +SET\ndb-password +2 +20\S+Z\n$/,
    );
    expect((await slipway('secret', 'remove', app, NAME)).code).toBe(0);
    const again = await slipway('secret', 'remove', app, NAME, '--json');
    expect(again.code).toBe(1);
    expect(answerOf(again.out)).toMatchObject({ status: false, error: { code: 'SECRET_NOT_FOUND' } });
    expect(await answersOf(app, 1)).toEqual([hashOf(values[1])]);
  });
});

whole.describe('a service that names a secret which is not there', () => {
  const app = uniqueName('secretless');
  afterAll(() => slipway('stop', app, 'web'));

  it('fails before anything is begun, plan says so too, and what ran goes on serving', async () => {
    await deploy(await folders.write({ web: greeter('old') }), app);
    const root = await folders.write({ web: hashing('new') });
    const planned = await slipway('plan', root, '--app', app);
    expect(planned.code).toBe(1);
    const { services } = await deploy(root, app);
    expect(services[0]).toMatchObject({
      status: 'failed',
      error: {
        code: 'SECRET_NOT_FOUND',
        message: expect.stringContaining(`${NAME} (as PASSWORD)`) as string,
        hint: expect.stringContaining(`slipway secret set ${app} ${NAME}`) as string,
      },
    });
    expect(`${planned.out}${planned.err}`).toContain(`slipway secret set ${app} ${NAME}`);
    expect(services[0]?.phases).not.toHaveProperty('build');
    expect(await answersOf(app, 1)).toEqual(['old']);

    const value = newValue();
    expect((await setSecret(app, value)).code).toBe(0);
    expect(await deploy(root, app)).toMatchObject({ status: true });
    expect(await answersOf(app, 1)).toEqual([hashOf(value)]);
  });
});

describe('a secret request', () => {
  const client = new Client();
  beforeAll(() => client.connect());
  afterAll(() => client.close());

  it.each([
    ['that breaks the schema', { name: 'No Name' }, 'REQUEST_INVALID'],
    ['that was sealed to another key', {}, 'SECRET_UNREADABLE'],
  ])('%s is answered, and holds its value nowhere in clear', async (_, wrong, code) => {
    const { publicKey } = await generateDeployerKeys();
    const [token, appId, value] = [uniqueName('token'), uniqueName('secret'), newValue()];
    const sealedValue = await seal(parsePublicKey(publicKey), { appId, name: NAME, value });
    const request = { token, mode: 'set', appId, name: NAME, sealedValue, ...wrong };
    await client.publish(request, {}, topics.secretRequests);
    const row = await until('its answer', async () => {
      const sql = 'SELECT reply, request FROM deployer.requests WHERE token = $1';
      const [found] = await query<{ reply: object | null; request: object }>(sql, [token]);
      return found?.reply ? found : undefined;
    });
    expect(row.reply).toMatchObject({ status: false, error: { code } });
    expect(JSON.stringify(row.request)).not.toContain(sealedValue);
    const found = await topicsWith([token]);
    expect(found.includes(deadLetterTopic(topics.secretRequests))).toBe(code === 'REQUEST_INVALID');
    expect(await topicsWith(formsOf(value))).toEqual([]);
  });
});
