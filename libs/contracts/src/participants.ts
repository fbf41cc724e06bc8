import { deadLetterTopic, topics, type Topic } from './topics.js';

interface Participant {
  readonly receives: readonly Topic[];
  readonly sends: readonly Topic[];
  /** It reads along, by a group for each time that it does so. */
  readonly tails?: true;
}

/** Who reads and who writes which topic; test/docs compares it with the code of each app. */
export const participants: Readonly<Record<string, Participant>> = {
  agent: {
    receives: [topics.limitRequests],
    sends: [topics.nodeObserved, topics.nodeState, topics.limitAnswers],
  },
  cli: {
    receives: [
      topics.deploymentResponses,
      topics.scaleResponses,
      topics.secretResponses,
      topics.deploymentEvents,
      topics.nodeObserved,
      topics.nodeState,
    ],
    sends: [topics.deploymentRequests, topics.scaleRequests, topics.secretRequests],
    tails: true,
  },
  deployer: {
    receives: [
      topics.deploymentRequests,
      topics.scaleRequests,
      topics.secretRequests,
      topics.nodeResponses,
      topics.moveRequests,
      topics.specRequests,
      topics.nodeObserved,
      topics.nodeState,
    ],
    sends: [
      topics.deploymentResponses,
      topics.scaleResponses,
      topics.secretResponses,
      topics.deploymentEvents,
      topics.nodeRequests,
      topics.instanceReports,
      topics.nodeReports,
      topics.serviceSpecs,
    ],
    tails: true,
  },
  gateway: { receives: [], sends: [] },
  'load-balancer': {
    receives: [
      topics.nodeRequests,
      topics.instanceReports,
      topics.scaleResponses,
      topics.nodeObserved,
      topics.nodeState,
    ],
    sends: [topics.nodeResponses, topics.moveRequests, topics.scaleRequests],
    tails: true,
  },
  'node-manager': {
    receives: [topics.instanceReports, topics.nodeReports, topics.nodeState, topics.serviceSpecs],
    sends: [],
  },
  rescaler: {
    receives: [topics.nodeObserved, topics.limitAnswers],
    sends: [topics.limitRequests, topics.specRequests],
    tails: true,
  },
};

/** The group in which the replicas of an app share a topic out. */
export const groupOf = (app: string, topic: string): string => `slipway.${app}.${topic}`;
/** What the names of groups begin with that read along. */
export const TAIL_GROUPS = 'slipway.tail.';

/** The topics that an app uses: what it reads and writes, and where it puts what cannot be handled or sent. */
export function topicsOf(app: string): readonly string[] {
  const { receives = [], sends = [] } = participants[app] ?? {};
  const used = [...new Set([...receives, ...sends])];
  return app === 'cli' ? used : used.flatMap((topic) => [topic, deadLetterTopic(topic)]);
}

export interface NeededAcl {
  readonly operation: 'Read' | 'Write' | 'DescribeConfigs' | 'Create';
  readonly resource: 'topic' | 'group';
  readonly name: string;
  /** `name` is what the names begin with. */
  readonly isPrefix?: true;
}

/** What the brokers must allow an app, where the topics are there already. Each implies Describe on its topic. */
export function aclsOf(app: string): readonly NeededAcl[] {
  const { receives = [], sends = [], tails } = participants[app] ?? {};
  const isCommand = app === 'cli';
  const ofTopic = (operation: NeededAcl['operation'], name: string) =>
    ({ operation, resource: 'topic', name }) as const;
  const groups = isCommand ? [] : receives.map((topic) => groupOf(app, topic));
  const letters = topicsOf(app).filter((topic) => topic.endsWith(deadLetterTopic('')));
  // The command looks there for its own request, which then has no other answer.
  const read = isCommand ? [...receives, ...sends.map(deadLetterTopic)] : receives;
  return [
    ...read.map((topic) => ofTopic('Read', topic)),
    ...groups.map((name) => ({ operation: 'Read', resource: 'group', name }) as const),
    ...(tails ? [{ operation: 'Read', resource: 'group', name: TAIL_GROUPS, isPrefix: true } as const] : []),
    ...[...sends, ...letters].map((topic) => ofTopic('Write', topic)),
  ];
}
