const Koa = require('koa');

const app = new Koa();
app.use((context) => {
  context.body = 'Koa, installed by pnpm';
});
app.listen(process.env.PORT || 3000);
