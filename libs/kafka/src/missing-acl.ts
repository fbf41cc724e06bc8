import type { PlatformKafka } from './kafka-client.js';

export type Operation = 'Read' | 'Write' | 'Describe' | 'DescribeConfigs' | 'Create';
type Resource = 'topic' | 'group';

export interface Acl {
  readonly operation: Operation;
  readonly resource: Resource;
  /** As the brokers have it, with the prefix. */
  readonly name: string;
}

/** The brokers do not allow what this client was about to do. */
export class MissingAclError extends Error {
  readonly code = 'KAFKA_ACL_MISSING';

  constructor(acl: Acl, principal: string, options?: ErrorOptions) {
    super(aclText(acl, principal), options);
    this.name = 'MissingAclError';
  }
}

/** Where all ACLs stand that an app needs. */
export const ACL_PAGE = 'docs/reference/kafka-acls.md has all ACLs that this app needs.';

export const NEEDS = 'needs ACL: ';

export const aclText = (
  { operation, resource, name }: Omit<Acl, 'operation'> & { readonly operation: string },
  principal: string,
): string => `${NEEDS}${operation} on ${resource} ${name} for ${principal}`;

const fieldsOf = (error: unknown): { readonly type?: unknown; readonly cause?: unknown } =>
  typeof error === 'object' && error !== null ? error : {};

/** The broker's name for what is wrong, however deep kafkajs has wrapped it. */
export function brokerTypeOf(error: unknown): unknown {
  const { type, cause } = fieldsOf(error);
  return type ?? (cause === undefined ? undefined : brokerTypeOf(cause));
}

/** kafkajs tells no reason when no broker tells it the coordinator of a group; brokers do so for want of this ACL. */
function lacksCoordinator(error: unknown): boolean {
  if (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound') return true;
  const { cause } = fieldsOf(error);
  return cause !== undefined && lacksCoordinator(cause);
}

interface Reading {
  readonly kafka: PlatformKafka;
  /** Without the prefix. */
  readonly topics: readonly string[];
  readonly groupId: string;
}

/** What reads topics in a group lacks one ACL or the other; any other error stays as it is. */
export function whyNotRead(error: unknown, { kafka, topics, groupId }: Reading): unknown {
  const lacks = (acl: Acl): MissingAclError => new MissingAclError(acl, kafka.principal(), { cause: error });
  if (error instanceof MissingAclError) return error;
  const type = brokerTypeOf(error);
  if (type === 'GROUP_AUTHORIZATION_FAILED' || lacksCoordinator(error))
    return lacks({ operation: 'Read', resource: 'group', name: kafka.nameOf(groupId) });
  if (type === 'TOPIC_AUTHORIZATION_FAILED')
    return lacks({
      operation: 'Read',
      resource: 'topic',
      name: topics.map((topic) => kafka.nameOf(topic)).join(', '),
    });
  return error;
}
