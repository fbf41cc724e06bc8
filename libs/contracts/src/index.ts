export * from './architectures.js';
export { commandWords } from './command-words.js';
export * from './message.js';
export * from './names.js';
export { nearestName } from './nearest-name.js';
export { sourceBlobName } from './source-blob.js';
export { type WrittenNames, writtenService } from './written-names.js';
export * from './input-problems.js';
export { parseCommentedJson } from './parse-commented-json.js';
export * from './parse-json.js';
export * from './canary-count.js';
export * from './spec-words.js';
export * from './topics.js';
export * from './messages/deployment-requested.js';
export * from './messages/deployment-replied.js';
export * from './messages/deployment-progressed.js';
export * from './messages/node-requested.js';
export { evictionRequested, type EvictionRequest } from './messages/eviction-requested.js';
export { nodeWaiting, type NodeWaiting } from './messages/node-waiting.js';
export { type AssignedNode, nodeAnswered, type NodeAnswer } from './messages/node-answered.js';
export * from './messages/node-access-requested.js';
export * from './messages/node-access-answered.js';
export * from './messages/move-requested.js';
export * from './messages/instance-reported.js';
export * from './messages/node-released.js';
export * from './messages/node-reported.js';
export * from './messages/node-observed.js';
export * from './layers.js';
export * from './messages/node-state.js';
export * from './messages/limit-requested.js';
export * from './messages/limit-answered.js';
export * from './messages/scale-requested.js';
export * from './messages/scale-replied.js';
export * from './messages/secret-requested.js';
export * from './messages/secret-replied.js';
export * from './catalogue.js';
export * from './service-config.js';
export * from './scaling-policy.vertical.js';
export { scalingProblems } from './service-config.scaling.js';
export { buildSecretProblems } from './service-config.build-secrets.js';
export { DOCKERFILES } from './service-config.dockerfile.js';
export { type UnusedField, unusedFields } from './service-config.fields.js';
export { notServiceConfig } from './service-config.kind.js';
export * from './asyncapi.js';
export * from './participants.js';
export * from './config-json-schema.js';
export * from './messages/service-spec-changed.js';
export * from './messages/service-routes-changed.js';
export * from './routes.js';
export {
  scalesCount,
  scalesToZero,
  type ScalingDirection,
  type ScalingPolicy,
  scalingPolicySchema,
  type ScalingTargets,
  type ScalingWindow,
  type WrittenScalingPolicy,
} from './scaling-policy.js';
export { boundsAt, nextChangeOfBounds, openWindows, type ScalingBounds } from './scaling-windows.js';
export * from './error-catalogue.js';
export { archiveErrorCodes } from './error-catalogue.reply.js';
export { type ErrorEntry, type ErrorPlace, errorPlaces } from './error-entry.js';
export * from './http/route.js';
export * from './http/conventions.js';
export * from './http/deployer.js';
export * from './http/routes.js';
export * from './http/scaling.js';
export * from './http/nodes.js';
export * from './http/registry.js';
export * from './http/watch.js';
export * from './http/node-manager.js';
export * from './http/placements.js';
export * from './http/plans.js';
export * from './http/rebalancing.js';
export * from './http/scaling-decisions.js';
export * from './http/scaling-replays.js';
export * from './http/limits.js';
export * from './http/structures.js';
export * from './http/rescaling-settings.js';
export * from './http/rescaler.js';
export * from './http/scores.js';
export * from './http/traffic-feed.js';
export * from './http/traffic-overrides.js';
export * from './http/load-balancer.js';
export * from './feed/close-codes.js';
export { type FeedEntry, feedEntrySchema } from './feed/entries.js';
export { type FeedMessageDefinition } from './feed/feed-message.js';
export * from './feed/figures.js';
export * from './feed/messages.js';
export * from './feed/scores.js';
export * from './feed/parse-feed-message.js';
export * from './http/traffic.js';
export * from './http/certificates.js';
export * from './http/gateway.js';
export * from './node-labels.js';
export * from './docker-install.js';
export * from './http/openapi.js';
export { hostKeyTypeSchema, type JumpHost, sshWayFields } from './ssh-way.js';
