// The example application as it is published: its data in memory, and the service that it asks for coordinates, which is
// in the network, answered here.
const {TodoListApplication} = require('@loopback/example-todo');

async function main() {
  const port = Number(process.argv[2]);
  const app = new TodoListApplication({rest: {host: '127.0.0.1', port, gracePeriodForClose: 0}});
  await app.boot();
  app.bind('datasources.config.db').to({name: 'db', connector: 'memory'});
  app.bind('services.Geocoder').to({geocode: async () => [{x: 139.7, y: 35.7}]});
  await app.start();
}

main();
