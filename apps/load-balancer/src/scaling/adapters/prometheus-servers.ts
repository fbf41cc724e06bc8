/** Whether policies may name the server of a URL. A server with a path allows what is below it; `*` allows all. Pure. */
export const isAllowedServer = (url: string, servers: readonly string[]): boolean =>
  servers.some((server) => server === '*' || isBelow(new URL(url), new URL(server)));

const isBelow = (url: URL, server: URL): boolean =>
  url.origin === server.origin && withSlash(url.pathname).startsWith(withSlash(server.pathname));

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
