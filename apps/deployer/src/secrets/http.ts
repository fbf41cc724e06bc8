import { Controller, Inject } from '@nestjs/common';
import { deployerRoutes as routes, type InputOf, type StoredSecret } from '#libs/contracts';
import { Input, Serves } from '#libs/http';
import { type SecretList, SECRETS } from './ports.js';

/** Which secrets an application has; never their values. */
@Controller()
export class SecretsController {
  constructor(@Inject(SECRETS) private readonly secrets: SecretList) {}

  @Serves(routes.secrets)
  async list(@Input() { query }: InputOf<typeof routes.secrets>): Promise<StoredSecret[]> {
    return [...(await this.secrets.list(query.appId))];
  }
}
