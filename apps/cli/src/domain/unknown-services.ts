import type { DeploymentReply } from '#libs/contracts';

/** The reply to a stop, in which services that there are not have failed. */
export function refuseUnknown(
  reply: DeploymentReply,
  appId: string,
  unknown: readonly string[],
): DeploymentReply {
  if (unknown.length === 0) return reply;
  const services = reply.services.map((service) =>
    unknown.includes(service.name)
      ? { ...service, status: 'failed' as const, notes: undefined, error: unknownError(appId, service.name) }
      : service,
  );
  return { ...reply, status: false, services, failed: [...reply.failed, ...unknown] };
}

const unknownError = (appId: string, name: string) => ({
  code: 'SERVICE_UNKNOWN',
  message: `There is no service ${appId}/${name}.`,
  hint: `Check the name. See which there are: slipway status ${appId}`,
});
