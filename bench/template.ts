/** How many small templates a second the engine renders: `npm run bench` bundles and runs this. Needs 10,000. */
import { performance } from 'node:perf_hooks';
import { Templar, freeVariables } from '../src/template/index.ts';
import type { Scope } from '../src/template/index.ts';

const variables: Readonly<Record<string, unknown>> = {
  name: 'web01',
  port: 8080,
  domain: 'example.org',
  fqdn: '{{ name }}.{{ domain }}',
  interfaces: [
    { name: 'eth0', ip: '10.0.0.3', mtu: 1500 },
    { name: 'eth1', ip: '10.0.1.3', mtu: 1400 },
  ],
  enabled: true,
};
const scope: Scope = {
  lookup: (key) => (Object.hasOwn(variables, key) ? { value: variables[key] } : undefined),
  names: () => Object.keys(variables),
};

/** Small templates of the kinds that playbooks are made of. */
const cases: Readonly<Record<string, (templar: Templar, turn: number) => unknown>> = {
  'a variable in text': (templar) => templar.render('listen {{ name }}:{{ port }};'),
  'a single variable': (templar) => templar.render('{{ port }}'),
  'a variable made of others': (templar) => templar.render('{{ fqdn }}'),
  'filters': (templar) => templar.render("{{ interfaces | map(attribute='ip') | join(',') }}"),
  'a condition': (templar) => templar.condition("enabled and name is match('web') and port > 1024"),
  'a loop': (templar) => templar.render('{% for i in interfaces %}{{ i.name }}={{ i.ip }} {% endfor %}'),
  'arguments of a task': (templar) => templar.render({ name: '{{ name }}', address: '{{ interfaces[0].ip }}/24', mtu: '{{ interfaces[0].mtu - 24 }}' }),
  'never seen before': (templar, turn) => templar.render(`{{ name }}-${turn}`),
  'static analysis': (_, turn) => freeVariables(`{{ name }} {{ fqdn | default('x') }} ${turn % 10}`),
};

const SECONDS = 0.5;
let slowest = Infinity;
for (const [label, body] of Object.entries(cases)) {
  let turns = 0;
  const start = performance.now();
  while (performance.now() - start < SECONDS * 1000) {
    // A new Templar each time, as each task has one.
    for (let repeat = 0; repeat < 50; repeat++) body(new Templar(scope), turns++);
  }
  const rate = turns / ((performance.now() - start) / 1000);
  slowest = Math.min(slowest, rate);
  console.log(`${label.padEnd(28)} ${Math.round(rate).toLocaleString('en').padStart(12)} a second`);
}
console.log(slowest >= 10_000 ? 'every kind is above 10,000 a second' : 'below 10,000 a second');
if (slowest < 10_000) process.exitCode = 1;
