import { Injectable } from '@nestjs/common';

@Injectable()
export class AppService {
  sentence(): string {
    return 'Modules, controllers and providers';
  }
}
