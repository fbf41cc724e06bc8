import { describe, expect, it } from 'vitest';
import { deploymentRequested, scaleRequested } from '#libs/contracts';
import { foldTask } from '../../task/domain/task.state.js';
import { decideDeployment, decideScale, type Intake } from './intake.js';
import { serviceReply } from './reply.js';

const rules = { replyTopics: [], defaultDeadlineMs: 60_000 };
const NOW = new Date('2026-01-01T00:00:00.000Z');

const tasksOf = (intake: Intake) => {
  if (intake.type !== 'tasks') throw new Error(`expected tasks, not ${intake.type}`);
  return intake.tasks;
};

function taken(fields: object) {
  const request = { token: 't', mode: 'build-and-run', appId: 'shop', appName: 'Shop', ...fields };
  return tasksOf(decideDeployment(deploymentRequested.schema.parse(request), rules, NOW));
}

const [one] = taken({ services: ['user_service'] });
const ending = { type: 'TaskFailed', data: { error: { code: 'TEST', message: 'm', hint: 'h' } } } as const;

describe('a task of a service that was written with _', () => {
  it('is of the service by its name here, and knows how it was written', () => {
    expect(one?.data).toMatchObject({
      ...{ appId: 'shop', service: 'user-service' },
      written: { service: 'user_service' },
    });
  });

  it('looks for its zip under the name as it was written and under the one here', () => {
    expect(one?.data.source).toEqual({
      ...{ blob: 'shop--user_service.zip', orBlob: 'shop--user-service.zip' },
    });
    const [other] = taken({ appId: 'my_shop', services: ['web'] });
    expect(other?.data.source).toEqual({ blob: 'my_shop--web.zip', orBlob: 'my-shop--web.zip' });
  });

  it('looks where the request says, where it says so', () => {
    const source = { blob: 'a_b.zip' };
    expect(taken({ services: [{ name: 'user_service', source }] })[0]?.data.source).toEqual(source);
  });

  it('says in its reply what the names are here, also when it failed, from its stored events', () => {
    const [stored] = JSON.parse(JSON.stringify(taken({ appId: 'my_shop', services: ['user_service'] })));
    expect(serviceReply(foldTask([stored, ending]))).toMatchObject({
      name: 'user-service',
      notes: ['application my_shop is named my-shop here', 'service user_service is named user-service here'],
    });
  });

  it('waits for those that it depends on by their names here', () => {
    const services = [{ name: 'web_app', dependsOn: ['user_service'] }, 'user-service'];
    expect(taken({ services })[0]?.data.dependsOn).toEqual(['user-service']);
  });

  it('to be scaled, too', () => {
    const request = scaleRequested.schema.parse({
      token: 't',
      appId: 'shop',
      service: 'user_service',
      to: 2,
    });
    const [task] = tasksOf(decideScale(request, rules, NOW));
    expect(task?.data).toMatchObject({ service: 'user-service', written: { service: 'user_service' } });
  });
});

it('a task of a service that was written as it is named here has no notes, and one place of its zip', () => {
  const [task, beside] = taken({ services: ['user-service', 'web_app'] });
  expect(task?.data).toMatchObject({ source: { blob: 'shop--user-service.zip' }, written: undefined });
  expect(serviceReply(foldTask([task as NonNullable<typeof task>, ending])).notes).toBeUndefined();
  expect(beside?.data.written, 'each has its own').toEqual({ service: 'web_app' });
});

it('the request is stored by the names here: the list of requests finds it by them', () => {
  const request = { token: 't', mode: 'run', appId: 'my_shop', appName: 'Shop', services: ['web_app'] };
  const { request: stored } = decideDeployment(deploymentRequested.schema.parse(request), rules, NOW);
  expect(stored.request).toMatchObject({ appId: 'my-shop', services: [{ name: 'web-app' }] });
});
