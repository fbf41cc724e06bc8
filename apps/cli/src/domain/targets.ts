/** The blob a request reads when it names none: `<app>--<service>.zip`. */
export function sourceBlobName(appId: string, service: string): string {
  return `${appId}--${service}.zip`;
}

/** What one `deploy` has to bring: the services asked for, or all that were found. */
export function chooseServices(
  found: readonly string[],
  asked: readonly string[],
): { readonly chosen: readonly string[]; readonly unknown: readonly string[] } {
  const unknown = asked.filter((name) => !found.includes(name));
  return { chosen: asked.length === 0 ? [...found].sort() : [...new Set(asked)], unknown };
}
