import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { TRAFFIC_VIEW, TrafficController, type TrafficView } from './balancing/http.js';
import { CertificatesController } from './certificates/http.js';
import { CERTIFICATES, type CertificateList } from './certificates/ports.js';

export interface GatewayParts {
  readonly traffic: TrafficView;
  readonly certificates: CertificateList;
  readonly tokens: Tokens;
}

/** The gateway reads no topic. */
@Module({})
export class GatewayModule {
  static register({ traffic, certificates, tokens }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [TrafficController, CertificatesController],
      providers: [
        { provide: TRAFFIC_VIEW, useValue: traffic },
        { provide: CERTIFICATES, useValue: certificates },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
