/** The blob in which the source of a service lies, if its request names none. */
export const sourceBlobName = (appId: string, service: string): string => `${appId}--${service}.zip`;
