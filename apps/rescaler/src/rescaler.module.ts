import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { CURRENT_ACCOUNTS, type CurrentAccounts } from './budget/ports.js';
import { DecisionsController } from './decisions/http.js';
import { DECISION_VIEW, type DecisionView } from './decisions/ports.js';
import { SettingsController } from './settings/http.js';
import { SETTINGS_RECORD, type SettingsRecord } from './settings/ports.js';
import { StructuresController } from './structures/http.js';
import { LimitsController } from './structures/limits.http.js';
import {
  HOST_STATES,
  type HostStates,
  KNOWN_SERVICES,
  type KnownServices,
  STRUCTURE_RECORD,
  type StructureRecord,
} from './structures/ports.js';

export interface RescalerParts {
  readonly record: StructureRecord;
  readonly hosts: HostStates;
  readonly services: KnownServices;
  readonly settings: SettingsRecord;
  readonly decisions: DecisionView;
  readonly accounts: CurrentAccounts;
  readonly tokens: Tokens;
}

@Module({})
export class RescalerModule {
  static register(parts: RescalerParts): DynamicModule {
    return {
      module: RescalerModule,
      controllers: [LimitsController, StructuresController, SettingsController, DecisionsController],
      providers: [
        { provide: STRUCTURE_RECORD, useValue: parts.record },
        { provide: HOST_STATES, useValue: parts.hosts },
        { provide: KNOWN_SERVICES, useValue: parts.services },
        { provide: SETTINGS_RECORD, useValue: parts.settings },
        { provide: CURRENT_ACCOUNTS, useValue: parts.accounts },
        { provide: DECISION_VIEW, useValue: parts.decisions },
        { provide: TOKENS, useValue: parts.tokens },
      ],
    };
  }
}
