import { aclsOf, allTopics, type NeededAcl, participants } from '#libs/contracts';
import { code, page, table } from './markdown.js';

const rowOf = ({ operation, resource, name, isPrefix }: NeededAcl): readonly string[] => [
  operation,
  resource,
  isPrefix ? `${code(name)} and all that begins so` : code(name),
];

const sectionOf = (app: string): readonly string[] => {
  const acls = aclsOf(app);
  return [
    app === 'cli'
      ? '## The `slipway` command'
      : `## ${app[0]?.toUpperCase()}${app.slice(1).replace('-', ' ')}`,
    acls.length === 0 ? 'It does not use Kafka.' : table(['operation', 'resource', 'name'], acls.map(rowOf)),
  ];
};

/** docs/reference/kafka-acls.md, from the catalogue of who reads and writes what. */
export const kafkaAclsPage = (): string =>
  page('ACLs on Kafka', [
    'These are the ACLs that each app needs on brokers that have ACLs. Read and Write imply Describe. See [Use a secured Kafka](../how-to/use-a-secured-kafka.md).',
    'If `KAFKA_PREFIX` is set, it goes before each of these names. The standalone app needs what the deployer, the load balancer, the node manager and the agent need.',
    ...Object.keys(participants).sort().flatMap(sectionOf),
    '## What the choice of KAFKA_TOPICS adds',
    'With `verify`, an app also needs DescribeConfigs on each topic of its table.',
    `With \`create\`, the default, an app also needs Create and Describe on each topic of the platform:`,
    allTopics.map((topic) => `- ${code(topic)}`).join('\n'),
    '## Reply topics',
    'The deployer also needs Write on each topic of `DEPLOYER_REPLY_TOPICS`.',
  ]);
