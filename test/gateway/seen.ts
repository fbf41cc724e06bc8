import { API } from './gateway-alone.js';
import { type RawInstance, type RawRequest, ambiguitiesOf, headerValues } from './raw-instance.js';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Names that applications believe; those with underscores are the same names in CGI, WSGI and PHP. */
const BELIEVED = /^(?:x[-_]forwarded[-_].*|x[-_]request[-_]id|x[-_]real[-_]ip|forwarded|proxy)$/i;
const OWN = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-request-id'];

/**
 * What is wrong with a request that an instance got from a client which nobody trusts: two parsers might read it in two
 * ways, or the client said something that only the gateway may say. A request that an instance found in the body of
 * another one has no id.
 */
export function faultsOf(request: RawRequest): readonly string[] {
  const { head } = request;
  const values = (name: string): readonly string[] => headerValues(head, name);
  const believed = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(':')))
    .filter((name) => BELIEVED.test(name) && !OWN.includes(name.toLowerCase()));
  const host = values('host')[0] ?? '';
  const told = {
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': host,
    'x-forwarded-proto': 'http',
  };
  return [
    ...ambiguitiesOf(request),
    ...(values('x-request-id').length === 1 && ID.test(values('x-request-id')[0] ?? '') ? [] : ['no id']),
    ...believed.map((name) => `${name} of the client`),
    ...Object.entries(told)
      .filter(([name, value]) => values(name).join('|') !== value)
      .map(([name]) => `${name}: ${values(name).join('|')}`),
    ...(values('x-forwarded-port').length === 1 ? [] : ['x-forwarded-port']),
    ...(/^[a-z0-9.-]+(?::\d{1,5})?$/i.test(host) ? [] : [`host ${host}`]),
  ];
}

/** Whose a request is, by what an instance sees of it: its host, and its path as it was written. */
export function serviceOf({ head }: RawRequest): 'web' | 'api' | 'other' | undefined {
  const host = (headerValues(head, 'host')[0] ?? '').toLowerCase().replace(/\.?(?::\d*)?$/, '');
  const target = head.split(' ', 2)[1] ?? '';
  const path = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/\?.*$/s, '');
  if (host === 'other.localhost') return 'other';
  if (host !== 'web.localhost') return undefined;
  return path === API || path.startsWith(`${API}/`) ? 'api' : 'web';
}

/** Each of an instance's requests that it should not have got as it did, with what is wrong. */
export const wrongAt = (
  instance: RawInstance,
  requests: readonly RawRequest[] = instance.requests,
): readonly string[] =>
  requests.flatMap((request) =>
    [...faultsOf(request), ...(serviceOf(request) === instance.name ? [] : ['another service'])].map(
      (fault) => `${fault} at ${instance.name}: ${JSON.stringify(request.head.slice(0, 2_000))}`,
    ),
  );

/** Those of an instance's requests that name this mark. */
export const markedBy = (instance: RawInstance, mark: string): readonly RawRequest[] =>
  instance.requests.filter(({ head }) => head.split('\r\n', 1)[0]?.includes(mark));
