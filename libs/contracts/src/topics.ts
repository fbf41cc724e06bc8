/** Every topic of the platform. A message that does not parse goes to `<topic>.dead-letter`. */
export const topics = {
  deploymentRequests: 'deployment.requests',
  deploymentResponses: 'deployment.responses',
  deploymentEvents: 'deployment.events',
  nodeRequests: 'node.requests',
  nodeResponses: 'node.responses',
  instanceReports: 'instance.reports',
  nodeReports: 'node.reports',
  scaleRequests: 'scale.requests',
  scaleResponses: 'scale.responses',
  secretRequests: 'secret.requests',
  secretResponses: 'secret.responses',
  serviceSpecs: 'service.specs',
} as const;

export type Topic = (typeof topics)[keyof typeof topics];

export const deadLetterTopic = (topic: string): string => `${topic}.dead-letter`;

/** What set-up creates: every topic and its dead-letter topic. */
export const allTopics: readonly string[] = Object.values(topics).flatMap((t) => [t, deadLetterTopic(t)]);
