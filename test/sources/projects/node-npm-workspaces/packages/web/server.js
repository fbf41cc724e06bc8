import polka from 'polka';
import { shelfOf } from '@library/shelves';

polka()
  .get('/', (request, response) => response.end(`Austen stands on shelf ${shelfOf('Austen')}`))
  .listen(process.env.PORT || 3000);
