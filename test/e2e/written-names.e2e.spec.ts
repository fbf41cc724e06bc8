import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentReplied } from '#libs/contracts';
import { requireEnv, uniqueName } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter, olderForm } from './client.js';
import { answerOf, slipway } from './command.js';
import { sourceFolders } from './source-folders.js';
import { containersOf } from './world.js';

/** Left out of the short form: the command, whose names unit tests show. */
const whole = inWhole('e2e');

const client = new Client();
const folders = sourceFolders();
beforeAll(() => Promise.all([client.connect(), folders.make()]));
afterAll(() => Promise.all([client.close(), folders.remove()]));

const textAt = async (url: string | undefined): Promise<string> => (await fetch(String(url))).text();
const replyIn = (out: string) => deploymentReplied.schema.parse(answerOf(out));

/** An application by its name here, and as the first deployer may have named it. */
function application(prefix: string) {
  const appId = uniqueName(prefix);
  return { appId, written: appId.replaceAll('-', '_') };
}

const noteOf = (what: string, written: string): string =>
  `${what} ${written} is named ${written.replaceAll('_', '-')} here`;

describe('names with _, which the first deployer took, were refused', () => {
  it('on Kafka, in the older form: built from the zip of that name, told, found and stopped by either', async () => {
    const { appId, written } = application('older');
    await client.push(written, 'user_service', olderForm({ 'index.html': 'as ever' }));
    const request = { mode: 'build-and-run', appId: written, services: ['user_service'] };
    const first = await client.ask(request);
    expect(first).toMatchObject({
      status: true,
      services: [{ name: 'user-service', status: 'running' }],
    });
    expect(first.services[0]?.notes).toEqual(
      expect.arrayContaining([noteOf('application', written), noteOf('service', 'user_service')]),
    );
    expect(await textAt(first.services[0]?.instances[0]?.url)).toBe('as ever');

    const paths = [`${written}/services/user_service`, `${appId}/services/user-service`];
    for (const path of paths) {
      const answer = await fetch(`${requireEnv('SLIPWAY_DEPLOYER_URL')}/v1/apps/${path}/instances`, {
        headers: { authorization: `Bearer ${requireEnv('SLIPWAY_READ_TOKEN')}` },
      });
      expect(await answer.json(), path).toMatchObject([{ release: first.services[0]?.release }]);
    }

    await client.push(appId, 'user-service', olderForm({ 'index.html': 'newer' }));
    const second = await client.ask(request);
    expect(await textAt(second.services[0]?.instances[0]?.url), 'the newest of both zips').toBe('newer');

    const scaled = await client.scale({ appId: written, service: 'user_service', to: 2 });
    expect(scaled.service).toMatchObject({
      name: 'user-service',
      notes: [noteOf('application', written), noteOf('service', 'user_service')],
    });
    expect(await containersOf(appId)).toHaveLength(2);
    const stopped = await client.ask({ mode: 'stop', appId, services: ['user-service'] });
    expect(stopped.services[0]).toMatchObject({ name: 'user-service', status: 'stopped' });
    expect(stopped.services[0]?.notes, 'these are the names here').toBeUndefined();
    expect(await containersOf(appId)).toEqual([]);
  });

  it('two of a request that are one here are refused with both names', async () => {
    const { appId } = application('both');
    const services = ['user_service', 'user-service'];
    const { status, error } = await client.ask({ mode: 'run', appId, services });
    expect([status, error?.code]).toEqual([false, 'REQUEST_INVALID']);
    expect(error?.message).toContain('services: user_service and user-service are the same here');
  });

  whole.it(
    'by the command: a folder is deployed and pushed, and its service found by either name',
    async () => {
      const { appId, written } = application('folder');
      const directory = await folders.write({ user_service: greeter('one'), web_app: greeter('web') });
      const deployed = await slipway('deploy', directory, 'user-service', '--app', written, '--json');
      expect(deployed.code, deployed.err).toBe(0);
      const { services } = replyIn(deployed.out);
      expect(services).toMatchObject([{ name: 'user-service', status: 'running' }]);
      expect(services[0]?.notes).toContain(noteOf('service', 'user_service'));

      const spec = await slipway('spec', written, 'user_service', '--json');
      expect(answerOf(spec.out)).toMatchObject({ appId, service: 'user-service', running: 1 });
      expect(spec.err).toContain(noteOf('service', 'user_service'));

      const pushed = await slipway('push', `${directory}/web_app`, '--app', written, '--json');
      expect(answerOf(pushed.out)).toMatchObject({ service: 'web-app', blob: `${appId}--web-app.zip` });
      const built = await slipway('build', appId, 'web_app', '--json');
      expect(replyIn(built.out).services).toMatchObject([
        { name: 'web-app', status: 'built', notes: [noteOf('service', 'web_app')] },
      ]);

      const stopped = await slipway('stop', appId, 'user_service', '--json');
      expect(replyIn(stopped.out).services).toMatchObject([{ name: 'user-service', status: 'stopped' }]);
      expect(await containersOf(appId)).toEqual([]);
    },
  );
});
