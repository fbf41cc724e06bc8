import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { CertificatesController } from './certificates/http.js';
import { CERTIFICATES, type CertificateList } from './certificates/ports.js';

export interface GatewayParts {
  readonly certificates: CertificateList;
  readonly tokens: Tokens;
}

/** The gateway reads no topic. */
@Module({})
export class GatewayModule {
  static register({ certificates, tokens }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [CertificatesController],
      providers: [
        { provide: CERTIFICATES, useValue: certificates },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
