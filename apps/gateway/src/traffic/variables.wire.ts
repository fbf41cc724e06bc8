import {
  certificateFile,
  commaList,
  type Given,
  isSet,
  neededBy,
  onlyWith,
  type Rule,
  secret,
} from '#libs/config';

const feedUrls = commaList()
  .refine((urls) => urls.length > 0 && urls.every(isFeedUrl), {
    error: 'expected ws://HOST:PORT or wss://HOST:PORT, several with commas, without a login',
  })
  .optional()
  .meta({ kind: 'URLs with commas' });

function isFeedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^wss?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

/** Where a gateway without a database hears what runs where. */
export const feedVariables = {
  GATEWAY_FEED_URLS: feedUrls.describe(
    "Load balancers whose traffic feed is followed, such as `wss://lb-1.example:8443`; they are tried in turn. With it, the gateway uses no database. Without it, it reads the registry's views in Postgres.",
  ),
  GATEWAY_FEED_TOKEN: secret()
    .optional()
    .describe('An API token of the load balancers for the feed; the role `read` is enough.'),
  GATEWAY_FEED_CA_FILE: certificateFile()
    .optional()
    .describe(
      'Certificates (PEM) of the authorities that sign those of `wss://` addresses; without it, those that Node knows.',
    ),
};

const hasFeed = (given: Given): boolean => isSet(given, 'GATEWAY_FEED_URLS');
const hasSecureFeed = ({ GATEWAY_FEED_URLS: urls }: Given): boolean =>
  Array.isArray(urls) && urls.some((url) => String(url).startsWith('wss:'));

export const feedRules: readonly Rule[] = [
  {
    name: 'DATABASE_URL',
    expected: 'expected a value, or GATEWAY_FEED_URLS for a gateway without a database',
    holds: (given) => isSet(given, 'DATABASE_URL') || hasFeed(given),
  },
  neededBy('GATEWAY_FEED_TOKEN', hasFeed),
  onlyWith('GATEWAY_FEED_TOKEN', hasFeed, 'expected GATEWAY_FEED_URLS with it'),
  onlyWith(
    'GATEWAY_ACME_URL',
    (given) => !hasFeed(given),
    'expected no GATEWAY_FEED_URLS with it: certificates of ACME are kept in Postgres',
  ),
  onlyWith('GATEWAY_FEED_CA_FILE', hasSecureFeed, 'expected a wss:// address in GATEWAY_FEED_URLS with it'),
];
