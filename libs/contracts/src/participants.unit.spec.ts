import { describe, expect, it } from 'vitest';
import { aclsOf, participants, topicsOf } from './participants.js';
import { allTopics, deadLetterTopic, topics } from './topics.js';

describe('aclsOf', () => {
  it('lets the command read the dead letters of its own requests, which then have no other answer', () => {
    const names = aclsOf('cli').filter(({ operation }) => operation === 'Read');
    expect(names).toContainEqual({
      ...{ operation: 'Read', resource: 'topic', name: deadLetterTopic(topics.deploymentRequests) },
    });
  });

  it('gives each app the group of each topic that it shares out, and lets it keep dead letters', () => {
    expect(aclsOf('load-balancer')).toEqual([
      { operation: 'Read', resource: 'topic', name: 'node.requests' },
      { operation: 'Read', resource: 'topic', name: 'instance.reports' },
      { operation: 'Read', resource: 'group', name: 'slipway.load-balancer.node.requests' },
      { operation: 'Read', resource: 'group', name: 'slipway.load-balancer.instance.reports' },
      { operation: 'Write', resource: 'topic', name: 'node.responses' },
      { operation: 'Write', resource: 'topic', name: 'node.requests.dead-letter' },
      { operation: 'Write', resource: 'topic', name: 'instance.reports.dead-letter' },
      { operation: 'Write', resource: 'topic', name: 'node.responses.dead-letter' },
    ]);
  });

  it('has a group for those who read along', () => {
    const tails = { operation: 'Read', resource: 'group', name: 'slipway.tail.', isPrefix: true };
    const apps = Object.keys(participants).filter((app) =>
      aclsOf(app).some((acl) => acl.isPrefix && acl.name === tails.name),
    );
    expect(apps).toEqual(['cli', 'deployer']);
  });
});

it('all topics of the platform are used by one of its apps', () => {
  const used = new Set(Object.keys(participants).flatMap(topicsOf));
  expect([...used].sort()).toEqual([...allTopics].sort());
});
