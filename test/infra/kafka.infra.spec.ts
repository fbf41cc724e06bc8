import { afterAll, beforeAll, expect, it } from 'vitest';
import { aclsOf, type NeededAcl, participants, topicSettings, topicsOf } from '#libs/contracts';
import { administered, ensureTopics } from '#libs/kafka';
import type { RunningPart } from '../../scripts/one-machine/part.js';
import type { SetUp } from '../../scripts/one-machine/set-up.js';
import { slipway } from '../e2e/command.js';
import { deploysOneService, Installation } from './installation.js';
import { SecuredKafka } from './secured-kafka.js';

const KAFKA_PREFIX = 'acme.prod.';
const APPS = Object.keys(participants).filter((app) => app !== 'cli');
const PARTITIONS = 6;

let kafka: SecuredKafka | undefined;
let installation: Installation | undefined;

/** What docs/reference/kafka-acls.md says, and no more. */
async function allow(principal: string, acls: readonly NeededAcl[]): Promise<void> {
  for (const acl of acls) await kafka?.allow(principal, { ...acl, name: `${KAFKA_PREFIX}${acl.name}` });
}

/** The command is bob, the apps are ada; topics are made by somebody else. */
async function securedKafka(setUp: SetUp): Promise<RunningPart> {
  const secured = await SecuredKafka.start(setUp);
  kafka = secured;
  const topics = [...new Set(APPS.flatMap(topicsOf))];
  const names = topics.map((topic) => `${KAFKA_PREFIX}${topic}`);
  const settings = Object.fromEntries(
    Object.entries(topicSettings).map(([topic, of]) => [`${KAFKA_PREFIX}${topic}`, of]),
  );
  const shape = { partitions: PARTITIONS, replicationFactor: 1 };
  await ensureTopics(secured.administrator(), names, shape, settings);
  await allow('User:bob', aclsOf('cli'));
  await allow('User:ada', APPS.flatMap(aclsOf));
  const configs = topics.map((name) => ({ operation: 'DescribeConfigs', resource: 'topic', name }) as const);
  await allow('User:ada', configs);
  return {
    env: secured.withPassword('PLAIN', 'bob', { KAFKA_PREFIX }),
    stop: () => secured.stop(),
  };
}

beforeAll(async () => {
  installation = await Installation.start({
    name: 'kafka',
    parts: [securedKafka],
    settings: () => ({
      ...kafka?.withPassword('SCRAM-SHA-512', 'ada', { KAFKA_PREFIX }),
      KAFKA_TOPICS: 'verify',
    }),
  });
});
afterAll(() => installation?.stop());

it('deploys a service over SASL_SSL with a prefix, no ACLs but those of the page, and topics that were there', async () => {
  await deploysOneService();
});

it('shows how busy the nodes are, with the ACLs of the page', async () => {
  const { code, out, err } = await slipway('top', 'nodes');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/\nnode-\d +alive +\d/);
});

it('uses no topic and no group without the prefix', async () => {
  const secured = kafka as SecuredKafka;
  const [topics, { groups }] = await administered(secured.administrator(), async (admin) => [
    await admin.listTopics(),
    await admin.listGroups(),
  ]);
  expect(topics.filter((name) => !name.startsWith(KAFKA_PREFIX) && !name.startsWith('__'))).toEqual([]);
  expect(groups.map(({ groupId }) => groupId).filter((name) => !name.startsWith(KAFKA_PREFIX))).toEqual([]);
  expect(groups.map(({ groupId }) => groupId)).toContain(
    `${KAFKA_PREFIX}slipway.deployer.deployment.requests`,
  );
});

it('the command says which ACL it lacks', async () => {
  const kept = { ...process.env };
  // A client that no ACL names.
  Object.assign(
    process.env,
    kafka?.withToken({ KAFKA_PREFIX, KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD: '' }),
  );
  const { code, err } = await slipway('stop', 'shop', 'web').finally(() => Object.assign(process.env, kept));
  expect(code).toBe(1);
  expect(err).toMatch(
    /KAFKA_ACL_MISSING {2}needs ACL: Read on topic acme\.prod\.\S+.* for User:slipway-client/,
  );
});
