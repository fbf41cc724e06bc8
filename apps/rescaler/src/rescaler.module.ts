import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';

export interface RescalerParts {
  readonly tokens: Tokens;
}

@Module({})
export class RescalerModule {
  static register(parts: RescalerParts): DynamicModule {
    return {
      module: RescalerModule,
      controllers: [],
      providers: [{ provide: TOKENS, useValue: parts.tokens }],
    };
  }
}
