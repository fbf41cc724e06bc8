const Koa = require('koa');

const app = new Koa();
app.use((context) => {
  context.body = 'Koa, installed by yarn 4';
});
app.listen(process.env.PORT || 3000);
