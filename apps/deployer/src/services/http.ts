import { Controller, Inject } from '@nestjs/common';
import { deployerRoutes as routes, REVISIONS_SHOWN, type InputOf, type SpecDetails } from '#libs/contracts';
import { Input, Serves } from '#libs/http';
import { causeOf } from './domain/spec.js';
import { SPECS, type SpecReader } from './ports.js';
import { unknownService } from './unknown-service.http.js';

/** What is wanted of a service, and how it came to be. */
@Controller()
export class SpecsController {
  constructor(@Inject(SPECS) private readonly specs: SpecReader) {}

  @Serves(routes.spec)
  async spec(@Input() { params }: InputOf<typeof routes.spec>): Promise<SpecDetails> {
    const [running, history] = await Promise.all([
      this.specs.running(params),
      this.specs.history(params, REVISIONS_SHOWN),
    ]);
    if (history.length === 0) throw unknownService(params);
    const told = history.map((revision) => ({ ...revision, change: causeOf(revision) }));
    return { ...params, running, history: told };
  }
}
