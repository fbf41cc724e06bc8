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
    const received = ['node.requests', 'instance.reports', 'scale.responses', 'node.observed', 'node.state'];
    const sent = ['node.responses', 'move.requests', 'scale.requests'];
    const written = [...sent, ...[...received, ...sent].map((topic) => `${topic}.dead-letter`)];
    expect(aclsOf('load-balancer')).toEqual([
      ...received.map((name) => ({ operation: 'Read', resource: 'topic', name })),
      ...received.map((topic) => ({
        ...{ operation: 'Read', resource: 'group', name: `slipway.load-balancer.${topic}` },
      })),
      { operation: 'Read', resource: 'group', name: 'slipway.tail.', isPrefix: true },
      ...written.map((name) => ({ operation: 'Write', resource: 'topic', name })),
    ]);
  });

  it('has a group for those who read along', () => {
    const tails = { operation: 'Read', resource: 'group', name: 'slipway.tail.', isPrefix: true };
    const apps = Object.keys(participants).filter((app) =>
      aclsOf(app).some((acl) => acl.isPrefix && acl.name === tails.name),
    );
    expect(apps).toEqual(['cli', 'deployer', 'load-balancer', 'rescaler']);
  });
});

it('all topics of the platform are used by one of its apps', () => {
  const used = new Set(Object.keys(participants).flatMap(topicsOf));
  expect([...used].sort()).toEqual([...allTopics].sort());
});
