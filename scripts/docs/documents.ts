import { asyncApiDocument, configJsonSchema, httpApis, openApiDocument } from '#libs/contracts';
import { chartFiles } from '../containers/chart.js';
import { composeFiles } from '../containers/compose.js';
import { cliPage } from './cli-page.js';
import { configJsonPage } from './config-json-page.js';
import { environmentPage } from './environment-page.js';
import { errorsPage } from './errors-page.js';
import { feedPage } from './feed-page.js';
import { kafkaAclsPage } from './kafka-acls-page.js';
import { messagesPage } from './messages-page.js';

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every file that is generated as a whole, and what makes it. */
export const documents: Readonly<Record<string, () => string>> = {
  'docs/asyncapi.json': () => json(asyncApiDocument()),
  'docs/config.schema.json': () => json(configJsonSchema()),
  ...Object.fromEntries(
    Object.entries(httpApis).map(([app, api]) => [
      `docs/openapi/${app}.json`,
      () => json(openApiDocument(api)),
    ]),
  ),
  ...composeFiles,
  ...chartFiles,
  'docs/reference/cli.md': cliPage,
  'docs/reference/config-json.md': configJsonPage,
  'docs/reference/environment.md': environmentPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/kafka-acls.md': kafkaAclsPage,
  'docs/reference/messages.md': messagesPage,
  'docs/reference/traffic-feed.md': feedPage,
};
