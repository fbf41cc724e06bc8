/** Every topic of the platform. A message that does not parse goes to `<topic>.dead-letter`. */
export const topics = {
  deploymentRequests: 'deployment.requests',
  deploymentResponses: 'deployment.responses',
  deploymentEvents: 'deployment.events',
  nodeRequests: 'node.requests',
  nodeResponses: 'node.responses',
  moveRequests: 'move.requests',
  instanceReports: 'instance.reports',
  nodeReports: 'node.reports',
  nodeObserved: 'node.observed',
  nodeState: 'node.state',
  limitRequests: 'limit.requests',
  limitAnswers: 'limit.answers',
  scaleRequests: 'scale.requests',
  scaleResponses: 'scale.responses',
  secretRequests: 'secret.requests',
  secretResponses: 'secret.responses',
  serviceSpecs: 'service.specs',
  specRequests: 'spec.requests',
} as const;

export type Topic = (typeof topics)[keyof typeof topics];

/** What a topic is made with, by Kafka's names. The others have the broker's defaults, and are never compacted. */
export const topicSettings: Readonly<Partial<Record<string, Readonly<Record<string, string>>>>> = {
  // A segment is deleted as a whole, once its last message is too old: so they are short.
  [topics.nodeObserved]: { 'retention.ms': '3600000', 'segment.ms': '600000' },
  // A segment is compacted once it is closed.
  [topics.nodeState]: { 'cleanup.policy': 'compact', 'segment.ms': '3600000' },
};

export const deadLetterTopic = (topic: string): string => `${topic}.dead-letter`;

/** What set-up creates: every topic and its dead-letter topic. */
export const allTopics: readonly string[] = Object.values(topics).flatMap((t) => [t, deadLetterTopic(t)]);
